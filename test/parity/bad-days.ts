/** What happens to the function on its bad days: it dies at a write, before or after; its callers call twice; the weather. */
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import type { Random } from '../simulation/device-life.ts'
import type { Fault, Request } from '../stand-ins/faulty-proxy.ts'
import type { LambdaFunction } from '../stand-ins/lambda-function.ts'
import { STORMY } from './aws-home.ts'
import type { DescribedHome } from './described-home.ts'

/** After a death at the nth write the next comes at the n + STEPth, so that in time each write has its turn. */
const STEP = 3
const LATEST = 40

/**
 * The processes die `deaths` times, at one write after the other, by turns just before it and just after it. Between
 * deaths there is the weather. Resolves how many there were.
 */
export function deadlyDays(home: DescribedHome, random: Random, deaths: number): () => number {
  let [died, writes, dies_at] = [0, 0, 1]
  home.to_dynamodb.onRequest((request) => {
    if (random.chance(0.02)) void home.to_dynamodb.release()
    if (request.operation === 'PutItem' && died < deaths && ++writes >= dies_at) {
      died++
      dies_at = (dies_at % LATEST) + STEP
      writes = 0
      home.processor.crash()
      return { kind: died % 2 === 0 ? 'hang up' : 'lost' }
    }
    return weather(request, random)
  })
  home.to_kinesis.onRequest((request) => weather(request, random))
  return () => died
}

/** One request in twenty-five. */
function weather(request: Request, random: Random): Fault | null {
  const fault = STORMY(request, random)
  // Only DynamoDB's conditions make a late write harmless.
  return fault?.kind === 'late' && request.operation !== 'PutItem' ? null : fault
}

/**
 * Now and then a caller who was thought dead goes on beside its successor: with the end of what was done before, and the
 * beginning of what is being done. Nobody can be ahead of what was never given out.
 */
export function withZombies(random: Random) {
  let done: KinesisStreamRecord[] = []
  return async ({ Records }: KinesisStreamEvent, processor: LambdaFunction): Promise<unknown> => {
    const old = [...done.slice(-1 - random.below(20)), ...Records.slice(0, random.below(5))]
    const zombie = random.chance(0.2) ? processor.invoke({ Records: old }).catch(() => null) : null
    try {
      const answer = (await processor.invoke({ Records })) as KinesisStreamBatchResponse
      if (answer.batchItemFailures.length === 0) done = Records
      return answer
    } finally {
      await zombie
    }
  }
}

export async function goodDay(home: DescribedHome): Promise<void> {
  await home.to_dynamodb.release()
  for (const proxy of [home.to_dynamodb, home.to_kinesis]) proxy.onRequest(() => null)
}
