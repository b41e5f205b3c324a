/** What the embedded home has stored, as of one moment: a connection that cannot write, and sees nothing that comes later. */
import type { ConfigVersion, Quarantined, Summary } from '../events/ports.ts'
import { openDatabase } from './sqlite-open.ts'
import { itemOf, type Row } from './sqlite-rows.ts'
import { HOT_MIGRATIONS } from './sqlite-schema.ts'
import { sqliteHistory } from './sqlite-store.ts'
import { fromColumn, toColumn } from './sqlite-text.ts'

export type SqliteStored = {
  position(consumer: string): string
  /** Live things that began in the half-open range of epoch ms. */
  things(device_id: string, from: number, to: number): Promise<Summary[]>
  deviceIds(): string[]
  /** Every row, checkpoint and state. */
  history: ReturnType<typeof sqliteHistory>
  /** Those that say under which id IoT Wireless knows a device. */
  wirelessConfigs(): ConfigVersion[]
  /** What was refused, in the order of the log, behind a position. */
  quarantined(after: string): AsyncIterable<Quarantined>
  close(): void
}

const POSITION = 'SELECT position FROM positions WHERE consumer = ?'
const THINGS = `SELECT * FROM summaries WHERE kind = ? AND device_id = ? AND started_at >= ? AND started_at < ?
  AND retracted IS NOT 1 ORDER BY started_at, id`
const DEVICES = 'SELECT device_id FROM states ORDER BY device_id'

const WIRELESS = "SELECT * FROM config WHERE config LIKE '%wireless_device_id%'"
const QUARANTINE = 'SELECT * FROM quarantine WHERE position > ? ORDER BY position LIMIT 500'

/** @throws DatabaseRefused */
export function sqliteStored(path: string): SqliteStored {
  const database = openDatabase(path, { migrations: HOT_MIGRATIONS, readonly: true })
  database.run('BEGIN')
  return {
    position: (consumer) =>
      database.get<{ position: string }>(POSITION, [toColumn(consumer)])?.position ?? '',
    things: async (device_id, from, to) =>
      (['session', 'cycle', 'alarm'] as const).flatMap((kind) =>
        database
          .all<Row>(THINGS, [kind, toColumn(device_id), from, to])
          .map((row) => itemOf('summaries', row)),
      ),
    deviceIds: () =>
      database.all<{ device_id: string }>(DEVICES).map(({ device_id }) => fromColumn(device_id)),
    history: sqliteHistory(database),
    wirelessConfigs: () => database.all<Row>(WIRELESS).map((row) => itemOf('config', row)),
    quarantined: async function* (after) {
      let position = after
      for (;;) {
        const rows = database.all<Row>(QUARANTINE, [position]).map((row) => itemOf('quarantine', row))
        const last = rows.at(-1)
        if (!last) return
        position = last.position
        yield* rows
      }
    },
    close: database.close,
  }
}
