/** The hot store of the embedded home: everything a batch leads to, and the consumer's place, in one transaction. */
import {
  type BatchWrite,
  type DeviceStateItem,
  type DeviceWrite,
  type HotStore,
  type Put,
  type Range,
  THING_KINDS,
} from '../events/ports.ts'
import { assertBatch, assertLimit } from './port-checks.ts'
import { type Database, openDatabase } from './sqlite-open.ts'
import { itemOf, type Row, upsertSql, valuesOf } from './sqlite-rows.ts'
import { HOT_MIGRATIONS } from './sqlite-schema.ts'
import { toColumn } from './sqlite-text.ts'
import {
  type ConsumerPosition,
  compareBy,
  KEY_COLUMNS,
  type StoreDump,
  TABLE_NAMES,
  type TableName,
  type Tables,
} from './store-tables.ts'

export type SqliteStore = HotStore & {
  /** As `position`. */
  positionSync(consumer: string): string
  dump(): StoreDump
  close(): void
}

const PUT: Record<Put['table'], string> = {
  events: upsertSql('events', 'unless_newer'),
  summaries: upsertSql('summaries', 'unless_newer'),
  aliases: upsertSql('aliases', 'unless_newer'),
  identities: upsertSql('identities', 'unless_newer'),
  checkpoints: upsertSql('checkpoints', 'unless_newer'),
  config: upsertSql('config', 'unless_newer'),
}
const PUT_STATE = upsertSql('states', 'always')
const PUT_QUARANTINED = upsertSql('quarantine', 'always')
const PUT_POSITION = upsertSql('positions', 'always')

const VERSION = 'SELECT version FROM states WHERE device_id = ?'
const STATE = 'SELECT * FROM states WHERE device_id = ?'
const POSITION = 'SELECT * FROM positions WHERE consumer = ?'
const EVENT = 'SELECT * FROM events WHERE device_id = ? AND ts = ? AND ord = ?'
const IDENTITY = 'SELECT * FROM identities WHERE device_id = ? AND identity = ?'
export const ALIASES = 'SELECT * FROM aliases WHERE kind = ? AND alias = ? ORDER BY target'
const HISTORY = `SELECT * FROM events WHERE device_id = ?
  AND (ts, ord) >= (?, ?) AND (ts, ord) < (?, ?) ORDER BY ts, ord`
const THINGS = `SELECT * FROM summaries WHERE kind = ? AND device_id = ?
  AND started_at >= ? AND started_at < ? ORDER BY started_at, id`
const CHECKPOINTS = `SELECT * FROM checkpoints WHERE device_id = ? AND retracted IS NOT 1
  AND (ts, ord) >= (?, ?) AND (ts, ord) < (?, ?) ORDER BY ts, ord`
export const CHECKPOINT_BEFORE = `SELECT * FROM checkpoints WHERE device_id = ? AND retracted IS NOT 1
  AND (ts, ord) < (?, ?) AND applied <= ? ORDER BY ts DESC, ord DESC LIMIT 1`
const DUE =
  'SELECT * FROM states WHERE next_due <= ? AND last_received_at <= ? ORDER BY next_due, device_id LIMIT ?'

/** Opens the file `path` as its only writer. A full disk rejects a write with `StoreFull`. @throws DatabaseRefused */
export function sqliteStore(path: string): SqliteStore {
  // 40 MB of WAL: a page that many batches touch is written back once, which at 1,000 devices doubles the speed.
  const database = openDatabase(path, { migrations: HOT_MIGRATIONS, cache_kib: 65_536, wal_pages: 10_000 })
  return {
    ...sqliteHistory(database),
    write: async (batch) => writeBatch(database, batch),
    position: async (consumer) => positionOf(database, consumer),
    positionSync: (consumer) => positionOf(database, consumer),
    due: async (due_by, heard_by, limit) => {
      assertLimit(limit)
      return database.all<Row>(DUE, [due_by, heard_by, limit]).map((row) => itemOf('states', row))
    },
    dump: () => dump(database),
    close: database.close,
  }
}

/** What is looked up of single devices, by whoever has the file open. */
export function sqliteHistory(database: Database): Omit<HotStore, 'write' | 'position' | 'due'> {
  return {
    atomic: true,
    loadStates: async (device_ids) => loadStates(database, device_ids),
    findEvent: async (device_id, { ts, ord }) => {
      const row = database.get<Row>(EVENT, [toColumn(device_id), ts, ord])
      return row ? itemOf('events', row) : null
    },
    findIdentity: async (device_id, identity) => {
      const row = database.get<Row>(IDENTITY, [toColumn(device_id), toColumn(identity)])
      return row ? itemOf('identities', row) : null
    },
    findAliases: async (kind, alias) =>
      database.all<Row>(ALIASES, [kind, toColumn(alias)]).map((row) => itemOf('aliases', row)),
    history: async (device_id, range) =>
      database.all<Row>(HISTORY, rangeOf(device_id, range)).map((row) => itemOf('events', row)),
    things: async (device_id, from, to) =>
      THING_KINDS.flatMap((kind) =>
        database
          .all<Row>(THINGS, [kind, toColumn(device_id), from, to])
          .map((row) => itemOf('summaries', row)),
      ),
    checkpoints: async (device_id, range) =>
      database.all<Row>(CHECKPOINTS, rangeOf(device_id, range)).map((row) => itemOf('checkpoints', row)),
    checkpointBefore: async (device_id, { ts, ord }, applied) => {
      const row = database.get<Row>(CHECKPOINT_BEFORE, [toColumn(device_id), ts, ord, applied])
      return row ? itemOf('checkpoints', row) : null
    },
  }
}

function rangeOf(device_id: string, { from, to }: Range) {
  return [toColumn(device_id), from.ts, from.ord, to.ts, to.ord]
}

function loadStates(database: Database, device_ids: string[]): Map<string, DeviceStateItem> {
  const states = new Map<string, DeviceStateItem>()
  for (const device_id of device_ids) {
    const row = database.get<Row>(STATE, [toColumn(device_id)])
    if (row) states.set(device_id, itemOf('states', row))
  }
  return states
}

function writeBatch(database: Database, batch: BatchWrite): { conflicts: string[] } {
  assertBatch(batch)
  return database.transaction(() => {
    for (const item of batch.quarantined) database.run(PUT_QUARANTINED, valuesOf('quarantine', item))
    const conflicts = new Set<string>()
    for (const write of batch.devices) if (!writeDevice(database, write)) conflicts.add(write.device_id)
    // With a conflict in it the batch has to be read again, so the place stays before it.
    if (batch.checkpoint && conflicts.size === 0) putPosition(database, batch.checkpoint)
    return { conflicts: [...conflicts] }
  })
}

/** False, and nothing written, where the stored version is not the expected one: no other writer comes between. */
function writeDevice(database: Database, write: DeviceWrite): boolean {
  const stored = database.get<{ version: number }>(VERSION, [toColumn(write.device_id)])
  if ((stored?.version ?? 0) !== write.expected_version) return false
  for (const put of write.puts) database.run(PUT[put.table], valuesOf(put.table, put.item))
  database.run(PUT_STATE, valuesOf('states', write.state))
  return true
}

function positionOf(database: Database, consumer: string): string {
  const row = database.get<Row>(POSITION, [toColumn(consumer)])
  return row ? itemOf('positions', row).position : ''
}

function putPosition(database: Database, position: ConsumerPosition): void {
  database.run(PUT_POSITION, valuesOf('positions', position))
}

function dump(database: Database): StoreDump {
  const rowsOf = <T extends TableName>(table: T): Tables[T][] => {
    const items = database.all<Row>(`SELECT * FROM ${table}`).map((row) => itemOf(table, row))
    return items.sort(compareBy<Tables[T]>(KEY_COLUMNS[table]))
  }
  return Object.fromEntries(TABLE_NAMES.map((table) => [table, rowsOf(table)])) as StoreDump
}
