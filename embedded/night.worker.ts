/** The night's thread: what it computes, the broker does not wait for. */
import { parentPort, workerData } from 'node:worker_threads'
import { folderArchive } from '../adapters/folder-archive.ts'
import type { Logger } from '../events/ports.ts'
import { expireRows } from './expire.ts'
import { filesOf } from './folder.ts'
import { nightOf } from './night-home.ts'
import type { FromNight, NightStart } from './night-messages.ts'
import { describeTrouble } from './own-bug.ts'

if (!parentPort) throw new Error('this file runs as a thread of the process')
const port = parentPort
const { data, day, now } = workerData as NightStart
const logger: Logger = { info: sayAs('info'), warn: sayAs('warn'), error: sayAs('error') }

try {
  const { rows, copies, partitions } = await nightOf({ data, day, logger, now: () => now })
  const { hot, archive } = filesOf(data)
  const expired = await expireRows({ hot, files: folderArchive(archive), now, logger })
  tell({ kind: 'done', figures: { rows, copies, partitions, expired: expired.removed } })
} catch (error) {
  tell({ kind: 'failed', trouble: describeTrouble(error) })
}
port.close()

function sayAs(level: keyof Logger): Logger['info'] {
  return (message, fields = {}) => tell({ kind: 'log', level, message, fields })
}

function tell(message: FromNight): void {
  port.postMessage(message)
}
