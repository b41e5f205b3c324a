/** The archive as the process sees it: a thread beside the broker's and the consumer's. */
import { Worker } from 'node:worker_threads'
import type { Logger } from '../events/ports.ts'
import type { ArchiveStart, FromArchive } from './archive-messages.ts'
import { describeTrouble } from './own-bug.ts'

export type Archive = {
  /** Everything up to here is in landing files, as far as has been heard; '' where nothing has. */
  position(): string
  /** Ends with the file in hand, or after `within_ms`: what is not archived yet the log keeps. */
  stop(within_ms: number): Promise<void>
}

export type ArchiveOptions = ArchiveStart & { logger: Logger; onFatal: (error: Error) => void }

/** The archive failed in a way that no retry can mend. */
export class ArchiveFailed extends Error {}

/** Resolves when the thread has opened its files; rejects where it cannot. */
export async function startArchive({ logger, onFatal, ...start }: ArchiveOptions): Promise<Archive> {
  const worker = new Worker(new URL('./archive.worker.ts', import.meta.url), { workerData: start })
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  let expected = false
  let position = ''

  function fail(error: Error): void {
    ready.reject(error)
    if (!expected) onFatal(error)
    expected = true
  }

  worker.on('message', (message: FromArchive) => {
    if (message.kind === 'ready') ready.resolve()
    else if (message.kind === 'log') logger[message.level](message.message, message.fields)
    else if (message.kind === 'archived') position = message.position
    else fail(new ArchiveFailed(message.trouble.reason ?? message.trouble.error))
  })
  worker.on('error', (error) => {
    logger.error('the archive thread failed', describeTrouble(error))
    fail(error)
  })
  worker.on('exit', () => {
    ended.resolve()
    fail(new ArchiveFailed('the archive thread has ended'))
  })
  await ready.promise

  return {
    position: () => position,
    stop: async (within_ms) => {
      expected = true
      worker.postMessage('stop')
      // A file is whole under its name or not there: ending in the middle is no worse than a power cut.
      const timer = setTimeout(() => void worker.terminate(), within_ms)
      await ended.promise
      clearTimeout(timer)
    },
  }
}
