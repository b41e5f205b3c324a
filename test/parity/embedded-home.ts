/** The records through the embedded home: its log, its consumer, its store, each once. */
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { runConsumer } from '../../embedded/consumer-loop.ts'
import { filesOf } from '../../embedded/folder.ts'
import type { Arriving } from '../../events/ports.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import type { Record0 } from '../simulation/device-life.ts'
import { type Dump, lawful } from '../simulation/law.ts'
import { noMetrics, silentLogger } from '../simulation/world.ts'

/** What the law lets be compared of the rows and states that they lead to. */
export async function embeddedRun(records: readonly Record0[]): Promise<Dump> {
  const folder = await temporaryFolder()
  try {
    return lawful(await runEmbedded(folder.path, records))
  } finally {
    await folder.remove()
  }
}

/** The rows and states, whose log stays in the folder. */
export async function runEmbedded(data: string, records: readonly Record0[]): Promise<Dump> {
  const files = filesOf(data)
  const [log, store] = [sqliteLog(files.log), sqliteStore(files.hot)]
  try {
    await log.append([...records])
    const feed = (fed: Arriving[]) =>
      log.append(fed.map(({ received_at = 0, ...record }) => ({ ...record, received_at, verdict: 'ok' })))
    const ports = { store, metrics: noMetrics, logger: silentLogger, feed }
    await runConsumer(
      {
        consumer: 'main',
        log,
        store,
        process: (batch) => processBatch(batch, ports, 'main'),
        rest: async () => {},
        pause: async () => {},
        random: () => 0,
        onStep: () => {},
        logger: silentLogger,
      },
      // It ends when there is nothing left to read.
      { drain: AbortSignal.abort(), cut: new AbortController().signal },
    )
    return store.dump()
  } finally {
    store.close()
    log.close()
  }
}
