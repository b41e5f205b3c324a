/** The consumer's thread: its own connections, the loop over them, and the messages to and from the process. */
import assert from 'node:assert/strict'
import { parentPort, workerData } from 'node:worker_threads'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { sqliteStore } from '../adapters/sqlite-store.ts'
import type { Arriving, Logger, Metrics } from '../events/ports.ts'
import { processBatch } from '../processors/process-batch.ts'
import { runConsumer } from './consumer-loop.ts'
import type { ConsumerStart, FromConsumer, ToConsumer } from './consumer-messages.ts'
import { filesOf } from './folder.ts'
import { describeTrouble } from './own-bug.ts'
import { createSparingLogger } from './sparing-logger.ts'

/** The log refuses what the batch has to feed: the batch is tried again. */
class FeedRefused extends Error {}

if (!parentPort) throw new Error('this file runs as a thread of the process')
const port = parentPort
const { data, consumer } = workerData as ConsumerStart

const files = filesOf(data)
const log = sqliteLog(files.log, { readonly: true })
const store = sqliteStore(files.hot)
const drain = new AbortController()
const cut = new AbortController()
let counts: Record<string, number> = {}
const answers = new Map<number, PromiseWithResolvers<void>>()
let feeds = 0
let woken = false
let wake: () => void = () => {}

const metrics: Metrics = {
  count: (name, by = 1) => {
    counts[name] = (counts[name] ?? 0) + by
  },
  gauge: () => assert.fail('a gauge has no way to the process yet'),
}
const logger = createSparingLogger({ info: sayAs('info'), warn: sayAs('warn'), error: sayAs('error') })

port.on('message', (message: ToConsumer) => {
  if (message.kind === 'stop') {
    drain.abort()
    setTimeout(() => cut.abort(), message.within_ms).unref()
  }
  if (message.kind === 'fed') {
    settleFeed(message)
    return
  }
  woken = true
  wake()
})
tell({ kind: 'ready' })

try {
  const drained = await runConsumer(
    {
      consumer,
      log,
      store,
      process: (records) => processBatch(records, { store, metrics, logger, feed }, consumer),
      rest: (wait_ms) => sleep(wait_ms, () => woken),
      pause: (wait_ms) => sleep(wait_ms, () => drain.signal.aborted),
      random: Math.random,
      onStep: (step) => {
        tell({ kind: 'step', step, counts })
        counts = {}
      },
      logger,
    },
    { drain: drain.signal, cut: cut.signal },
  )
  store.close()
  log.close()
  tell({ kind: 'stopped', drained })
} catch (error) {
  tell({ kind: 'bug', trouble: describeTrouble(error) })
}
// The last thing that holds the thread.
port.close()

/** Ends after `wait_ms`, or at the first message after which `isOver` says so. */
async function sleep(wait_ms: number, isOver: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, wait_ms)
  wake = () => {
    if (isOver()) resolve()
  }
  wake()
  await promise
  clearTimeout(timer)
  woken = false
}

function feed(records: Arriving[]): Promise<void> {
  const answer = Promise.withResolvers<void>()
  answers.set(++feeds, answer)
  tell({ kind: 'feed', feed: feeds, records })
  return answer.promise
}

function settleFeed({ feed, refusal }: Extract<ToConsumer, { kind: 'fed' }>): void {
  if (refusal === null) answers.get(feed)?.resolve()
  else answers.get(feed)?.reject(new FeedRefused(refusal))
  answers.delete(feed)
}

function sayAs(level: keyof Logger): Logger['info'] {
  return (message, fields = {}) => tell({ kind: 'log', level, message, fields })
}

function tell(message: FromConsumer): void {
  port.postMessage(message)
}
