/** A system in memory that imports go into, and what is in it afterwards. */
import { memoryLog } from '../../adapters/memory-log.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { createFrontDoor } from '../../embedded/front-door.ts'
import { configArriving } from '../../events/config-record.ts'
import type { Logger, Metrics, Summary } from '../../events/ports.ts'
import type { LogRecord } from '../../events/record.ts'
import { importDeviceConfig, planDeviceConfig } from '../../processors/import-device-config.ts'
import { CONFIG_FIELDS, SESSION_FIELDS } from '../../processors/import-fields.ts'
import { parseMapping } from '../../processors/import-mapping.ts'
import type { ImportPorts } from '../../processors/import-ports.ts'
import type { ImportReport } from '../../processors/import-report.ts'
import { readRows } from '../../processors/import-rows.ts'
import { importSessions, planSessions } from '../../processors/import-sessions.ts'
import { type BatchReport, processBatch } from '../../processors/process-batch.ts'

/** When the imports of these tests take place. */
export const NOW = Date.parse('2026-06-01T00:00:00Z')

const logger: Logger = { info() {}, warn() {}, error() {} }
const metrics: Metrics = { count() {}, gauge() {} }

export type ImportWorld = ReturnType<typeof createImportWorld>

export function createImportWorld() {
  const log = memoryLog()
  const store = memoryStore()
  let now = NOW
  const door = createFrontDoor({ log, clock: () => now, metrics, logger })
  const ports: ImportPorts = {
    admit: door.admit,
    putConfig: (message) => door.admit(configArriving(message)),
    deviceType: async (device_id) => (await store.device(device_id))?.device_type ?? null,
    configHistory: store.configHistory,
  }

  async function process(): Promise<BatchReport> {
    const records = await log.read(await store.position('test'), 100_000)
    return processBatch(records, { store, metrics, logger }, 'test')
  }

  return {
    ports,
    store,
    door,
    process,
    /** Time passes between one import and the next. */
    wait: (ms: number) => {
      now += ms
    },
    records: (): Promise<LogRecord[]> => log.read('', 100_000),
    sessions: async (): Promise<Summary['body'][]> => {
      const query = { kind: 'session', by: 'all', from: 0, to: NOW * 2, limit: 1_000 } as const
      const { items } = await store.summaries(query)
      return items.map(({ body }) => body).reverse()
    },
    importSessions: async (csv: string, map: string[], sets: string[] = []): Promise<ImportReport> => {
      const mapping = parseMapping(SESSION_FIELDS, map, sets)
      const plan = await planSessions(rowsOf(csv), mapping, { zone: null, latest: now })
      return importSessions(plan, ports)
    },
    importConfig: async (csv: string, map: string[], sets: string[] = []): Promise<ImportReport> => {
      const mapping = parseMapping(CONFIG_FIELDS, map, sets)
      const times = { zone: null, latest: Number.POSITIVE_INFINITY }
      return importDeviceConfig(await planDeviceConfig(rowsOf(csv), mapping, times, now), ports, now)
    },
  }
}

export function rowsOf(csv: string | Uint8Array, delimiter = ',') {
  return readRows(bytesOf(csv), delimiter)
}

async function* bytesOf(csv: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof csv === 'string' ? new TextEncoder().encode(csv) : csv
}
