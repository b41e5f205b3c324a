/** The records through the AWS home: a stream of one shard, the handler, and a poller between them that has bad days. */
import { kinesisAppend, kinesisShard } from '../../adapters/kinesis-log.ts'
import { encodeRecord, parsePosition } from '../../adapters/kinesis-records.ts'
import type { LogRecord } from '../../events/record.ts'

import type { Random, Record0 } from '../simulation/device-life.ts'
import { type Dump, lawful } from '../simulation/law.ts'
import { type Dynalite, dumpOf } from '../stand-ins/dynalite.ts'
import { BROKEN, type Fault, type FaultyProxy, type Request, THROTTLED } from '../stand-ins/faulty-proxy.ts'
import type { Kinesalite } from '../stand-ins/kinesalite.ts'
import { coldStart, type StreamHandler, shardRecord } from '../stand-ins/lambda-home.ts'

export type AwsHome = {
  dynalite: Dynalite
  kinesis: Kinesalite
  to_dynamodb: FaultyProxy
  to_kinesis: FaultyProxy
}

/** What becomes of a request; null lets it through. */
export type Weather = (request: Request, random: Random) => Fault | null

export const CLEAR: Weather = () => null

/** Passing faults, lost answers, broken connections, and writes that come when nobody waits for them any more. */
export const STORMY: Weather = ({ operation }, random) => {
  if (!random.chance(0.04)) return null
  const faults: Fault[] = [THROTTLED, BROKEN, { kind: 'lost' }, { kind: 'hang up' }]
  if (operation === 'PutItem') faults.push({ kind: 'late' }, { kind: 'late' })
  return random.pick(faults)
}

/** What a handler has to say to the stream is refused for a while, or said twice. */
const STREAM_WEATHER: Weather = (_, random) =>
  random.chance(0.05) ? random.pick([THROTTLED, { kind: 'lost' }, { kind: 'hang up' }] as const) : null

/** Without its conditions a store lets anybody overwrite anybody. */
export const UNCONDITIONAL: Weather = (request, random) => {
  const fault = STORMY(request, random)
  if (fault || request.operation !== 'PutItem') return fault
  const {
    ConditionExpression: _c,
    ExpressionAttributeNames: _n,
    ExpressionAttributeValues: _v,
    ...body
  } = request.body
  return { kind: 'changed', body, answer: (answered) => answered }
}

/**
 * Batches cut anywhere, and again differently after each failure; processes that die at any write; one handler that is
 * given up for dead and goes on beside its successor.
 */
export async function awsRun(
  home: AwsHome,
  records: readonly Record0[],
  random: Random,
  weather: Weather,
): Promise<Dump> {
  const { dynalite, kinesis, to_dynamodb, to_kinesis } = home
  const table_prefix = await dynalite.newTables()
  const { stream, shard_ids } = await kinesis.newStream(1)
  const [shard_id = ''] = shard_ids
  const where = { dynamodb: to_dynamodb.endpoint, kinesis: to_kinesis.endpoint, table_prefix, stream }
  const handler = await coldStart(where)
  // Each by itself, because a call promises no order.
  for (const record of records) await kinesisAppend({ client: kinesis.client, stream })([record])
  const shard = kinesisShard({ client: kinesis.client, stream, shard_id })
  let before: LogRecord[] = []
  for (let after = ''; ; ) {
    const batch = await shard.read(after, 1 + random.below(20))
    if (batch.length === 0) break
    to_dynamodb.onRequest(mortal(weather, random))
    to_kinesis.onRequest((request) => (weather === CLEAR ? null : STREAM_WEATHER(request, random)))
    const failed = await deliver(handler, batch, before, random)
    const done = batch.slice(0, failed ?? batch.length)
    after = done.at(-1)?.position ?? after
    before = [...before, ...done].slice(-20)
    if (random.chance(0.3)) await to_dynamodb.release()
  }
  await to_dynamodb.release()
  for (const proxy of [to_dynamodb, to_kinesis]) proxy.onRequest(() => null)
  return lawful(await dumpOf(dynalite.client, table_prefix))
}

/** Hands the batch over; resolves with the index of the first record that has to come again, or null. */
async function deliver(
  handler: StreamHandler,
  batch: LogRecord[],
  before: LogRecord[],
  random: Random,
): Promise<number | null> {
  const Records = eventOf(batch)
  const [outcome] = await Promise.all([handler({ Records }), ...zombie(handler, batch, before, random)])
  const [failure] = outcome.batchItemFailures
  return failure
    ? Records.findIndex(({ kinesis }) => kinesis.sequenceNumber === failure.itemIdentifier)
    : null
}

function eventOf(records: readonly LogRecord[]) {
  return records.map((record) => {
    const shard_id = record.position.split('.')[1] ?? ''
    return shardRecord(encodeRecord(record), parsePosition(record.position, shard_id) ?? '')
  })
}

/** Somebody who was thought dead still has a batch from before, and goes on with it. */
function zombie(handler: StreamHandler, batch: LogRecord[], before: LogRecord[], random: Random) {
  if (!random.chance(0.1)) return []
  const old = [...before.slice(-random.below(10)), ...batch.slice(0, random.below(5))]
  return [handler({ Records: eventOf(old) })]
}

/** The weather, and now and then the end: from some write on nothing of this process reaches the store. */
function mortal(weather: Weather, random: Random): (request: Request) => Fault | null {
  let left = random.chance(0.15) ? random.below(30) : Number.POSITIVE_INFINITY
  return (request) => {
    if (request.operation === 'PutItem') left--
    if (left < 0) return { kind: 'refused', status: 400, error: 'AccessDeniedException' }
    return weather(request, random)
  }
}
