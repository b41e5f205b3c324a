/** The archive's thread: its own connections, and the loop over them. Neither the broker nor the consumer waits for it. */
import { parentPort, workerData } from 'node:worker_threads'
import { folderArchive } from '../adapters/folder-archive.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { sqliteArchiveBook } from '../adapters/sqlite-archive-book.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { sqliteReads } from '../adapters/sqlite-reads.ts'
import type { DeviceStateItem, Logger } from '../events/ports.ts'
import { archiveBatch } from '../processors/archive-batch.ts'
import { runArchive } from './archive-loop.ts'
import type { ArchiveStart, FromArchive } from './archive-messages.ts'
import { filesOf } from './folder.ts'
import { describeTrouble } from './own-bug.ts'
import { createSparingLogger } from './sparing-logger.ts'

if (!parentPort) throw new Error('this file runs as a thread of the process')
const port = parentPort
const { data, gather_ms } = workerData as ArchiveStart

const paths = filesOf(data)
const log = sqliteLog(paths.log, { readonly: true })
const reads = sqliteReads(paths.hot)
const book = sqliteArchiveBook(paths.book)
const files = folderArchive(paths.archive)
const stop = new AbortController()
const logger = createSparingLogger({ info: sayAs('info'), warn: sayAs('warn'), error: sayAs('error') })
const metrics = { count() {}, gauge() {} }
const store = { findAliases: reads.findAliases, loadStates }

port.on('message', () => stop.abort())
tell({ kind: 'ready' })

try {
  await runArchive(
    {
      log,
      book,
      archive: (records) => archiveBatch(records, { files, write: writeLanding, store, metrics, logger }),
      pause,
      gather_ms,
      onArchived: (position) => tell({ kind: 'archived', position }),
      logger,
    },
    stop.signal,
  )
  log.close()
  reads.close()
  book.close()
} catch (error) {
  logger.error('a bug stopped the archive', describeTrouble(error))
  tell({ kind: 'bug', trouble: describeTrouble(error) })
}
// The last thing that holds the thread.
port.close()

async function loadStates(device_ids: string[]): Promise<Map<string, DeviceStateItem>> {
  const found = await Promise.all(device_ids.map((device_id) => reads.device(device_id)))
  return new Map(found.flatMap((item) => (item ? [[item.device_id, item] as const] : [])))
}

async function pause(wait_ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, wait_ms)
  const cut = () => resolve()
  stop.signal.addEventListener('abort', cut, { once: true })
  if (stop.signal.aborted) resolve()
  await promise
  clearTimeout(timer)
  stop.signal.removeEventListener('abort', cut)
}

function sayAs(level: keyof Logger): Logger['info'] {
  return (message, fields = {}) => tell({ kind: 'log', level, message, fields })
}

function tell(message: FromArchive): void {
  port.postMessage(message)
}
