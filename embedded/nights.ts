/** When nights are: once a day at a set hour (UTC), the one of the day before; a failed one again after a while. */
import { Worker } from 'node:worker_threads'
import { DAY_MS, dayOf } from '../events/archive.ts'
import type { ArchiveBook } from '../events/archive-book.ts'
import type { Logger } from '../events/ports.ts'
import type { FromNight, NightStart } from './night-messages.ts'

const HOUR_MS = 3_600_000
const AGAIN_MS = HOUR_MS

/** The day whose night is to be, or null: it is not time yet, or it has been. Days that were missed are in its landing files. */
export function dueNight(of: {
  now: number
  hour_utc: number
  done: string
  tried_at: number
}): string | null {
  const { now, hour_utc, done, tried_at } = of
  if (now % DAY_MS < hour_utc * HOUR_MS || now - tried_at < AGAIN_MS) return null
  const day = dayOf(now - DAY_MS)
  return done >= day ? null : day
}

export type Nights = {
  /** Runs the night that is due, if one is; resolves when it has ended. */
  look(): Promise<void>
  stop(): Promise<void>
}

export function createNights(of: {
  data: string
  hour_utc: number
  clock: () => number
  book: ArchiveBook
  logger: Logger
}): Nights {
  const { data, hour_utc, clock, book, logger } = of
  let tried_at = 0
  let worker: Worker | null = null

  async function look(): Promise<void> {
    const now = clock()
    const day = dueNight({ now, hour_utc, done: await book.mark('night'), tried_at })
    if (day === null) return
    tried_at = now
    const ended = Promise.withResolvers<void>()
    worker = new Worker(new URL('./night.worker.ts', import.meta.url), {
      workerData: { data, day, now } satisfies NightStart,
    })
    worker.on('message', (message: FromNight) => {
      if (message.kind === 'log') logger[message.level](message.message, message.fields)
      else if (message.kind === 'done') logger.info('the night is done', { day, ...message.figures })
      else logger.error('the night failed, it is tried again in an hour', { day, ...message.trouble })
    })
    worker.on('error', (error) => logger.error('the night’s thread failed', { day, reason: error.message }))
    worker.on('exit', () => ended.resolve())
    await ended.promise
    worker = null
  }

  return {
    look,
    // Killed anywhere it leaves nothing that the next one does not put right.
    stop: async () => {
      await worker?.terminate()
    },
  }
}
