/** The data folder of a stopped server as the target of an import: its log, and its charts run to the log's end. */
import { createCounters } from '../adapters/counters.ts'
import { runConsumer } from '../embedded/consumer-loop.ts'
import { CONSUMER, type Folder, openFolder } from '../embedded/folder.ts'
import { createFrontDoor, feedBy } from '../embedded/front-door.ts'
import { StartRefused } from '../embedded/start-refused.ts'
import { configArriving } from '../events/config-record.ts'
import type { Logger } from '../events/ports.ts'
import type { Feed } from '../processors/feed-pairs.ts'
import { processBatch } from '../processors/process-batch.ts'
import { ImportBroken, type ImportTarget, type Processed, TargetRefused } from './import-target.ts'

/** `complain` is told in one line what goes wrong on the way. Rejects with TargetRefused where the folder cannot be used. */
export async function openDataFolder(
  data: string,
  clock: () => number,
  complain: (line: string) => void,
): Promise<ImportTarget> {
  const folder = open(data)
  try {
    const logger = createLogger(complain)
    const door = createFrontDoor({ log: folder.log, clock, metrics: createCounters(), logger })
    const feed = feedBy(door)
    // What the server left unread comes first: a device's type, and what is late, follow from it.
    await processLog(folder, { logger, feed }, () => {})
    return {
      admit: door.admit,
      putConfig: (message) => door.admit(configArriving(message)),
      deviceType: async (device_id) => (await folder.reads.device(device_id))?.device_type ?? null,
      configHistory: folder.reads.configHistory,
      finish: async (onRecords) => {
        await door.settled()
        return processLog(folder, { logger, feed }, onRecords)
      },
      close: async () => {
        await door.close()
        folder.close()
      },
    }
  } catch (error) {
    folder.close()
    throw error
  }
}

function open(data: string): Folder {
  try {
    return openFolder(data)
  } catch (error) {
    if (error instanceof StartRefused)
      throw new TargetRefused(`${error.message}; --url takes a running server, such as http://127.0.0.1:8080`)
    throw error
  }
}

/** Rejects with ImportBroken where the log could not be read to its end; the next start of the server goes on there. */
async function processLog(
  { log, store }: Folder,
  { logger, feed }: { logger: Logger; feed: Feed },
  onRecords: (records: number) => void,
): Promise<Processed> {
  const processed: Processed = { events: 0, duplicates: 0, late: 0, quarantined: 0 }
  const metrics = createCounters()
  let records = 0
  const ended = await runConsumer(
    {
      consumer: CONSUMER,
      log,
      store,
      process: (batch) => processBatch(batch, { store, metrics, logger, feed }, CONSUMER),
      rest: async () => {},
      pause: async () => {},
      random: () => 0,
      onStep: ({ report }) => {
        if (!report) return
        for (const name of ['events', 'duplicates', 'late', 'quarantined'] as const)
          processed[name] += report[name]
        records += report.records
        onRecords(records)
      },
      logger,
    },
    { drain: AbortSignal.abort(), cut: new AbortController().signal },
  )
  if (!ended)
    throw new ImportBroken(
      'the log could not be processed to its end; the next start of the server tries again',
    )
  return processed
}

/** Only what a person must know; a quarantined record is one of the import's rows or was there before. */
function createLogger(complain: (line: string) => void): Logger {
  const say = (message: string, fields: Record<string, unknown> = {}) =>
    complain([message, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(' '))
  return { info: () => {}, warn: say, error: say }
}
