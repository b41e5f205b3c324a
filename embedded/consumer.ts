/** The consumer as the process sees it: a thread beside the broker, so that neither waits for the other's core. */
import { Worker } from 'node:worker_threads'
import type { Logger, Metrics } from '../events/ports.ts'
import type { Feed } from '../processors/feed-pairs.ts'
import type { ConsumerStep } from './consumer-loop.ts'
import type { ConsumerStart, FromConsumer, ToConsumer } from './consumer-messages.ts'
import { describeTrouble } from './own-bug.ts'

export type Consumer = {
  /** The log has grown. */
  wake(): void
  /** Reads what there is, for at most `within_ms`; false where something was left for the next start. */
  stop(within_ms: number): Promise<boolean>
}

export type ConsumerOptions = ConsumerStart & {
  metrics: Metrics
  logger: Logger
  /** Puts on the log what devices are to their pairs. */
  feed: Feed
  onStep: (step: ConsumerStep) => void
  /** The thread has ended by itself: a bug, logged already where its place is known. */
  onFatal: (error: Error) => void
}

/** The consumer failed in a way that no retry can mend. */
export class ConsumerFailed extends Error {}

/** For a thread that is told to stop and sits in a long write. */
const STOP_GRACE_MS = 200

/** Resolves when the thread has opened its stores; rejects where it cannot. */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { data, consumer } = options
  const start: ConsumerStart = { data, consumer }
  const worker = new Worker(new URL('./consumer.worker.ts', import.meta.url), { workerData: start })
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<boolean>()
  // From the moment on that the thread may end, and after the first complaint about one that did.
  let expected = false
  let drained = false

  function tell(message: ToConsumer): void {
    worker.postMessage(message)
  }

  async function answerFeed({ feed, records }: Extract<FromConsumer, { kind: 'feed' }>): Promise<void> {
    const refusal = await options.feed(records).then(
      () => null,
      (error: Error) => error.message,
    )
    tell({ kind: 'fed', feed, refusal })
  }

  function fail(error: Error): void {
    ready.reject(error)
    if (!expected) options.onFatal(error)
    expected = true
  }

  worker.on('message', (message: FromConsumer) => {
    if (message.kind === 'ready') ready.resolve()
    else if (message.kind === 'log') options.logger[message.level](message.message, message.fields)
    else if (message.kind === 'feed') void answerFeed(message)
    else if (message.kind === 'stopped') drained = message.drained
    else if (message.kind === 'bug') fail(new ConsumerFailed(message.trouble.reason ?? message.trouble.error))
    else {
      for (const [name, by] of Object.entries(message.counts)) options.metrics.count(name, by)
      options.onStep(message.step)
    }
  })
  worker.on('error', (error) => {
    options.logger.error('the consumer thread failed', describeTrouble(error))
    fail(error)
  })
  worker.on('exit', () => {
    ended.resolve(drained)
    fail(new ConsumerFailed('the consumer thread has ended'))
  })
  await ready.promise

  return {
    wake: () => tell({ kind: 'wake' }),
    stop: async (within_ms) => {
      expected = true
      tell({ kind: 'stop', within_ms })
      // Whatever it is in the middle of is one transaction: ending it there is no worse than a power cut.
      const timer = setTimeout(() => void worker.terminate(), within_ms + STOP_GRACE_MS)
      const all = await ended.promise
      clearTimeout(timer)
      return all
    },
  }
}
