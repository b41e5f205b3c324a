import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { DatabaseRefused, openDatabase } from '../../adapters/sqlite-open.ts'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { HOT_MIGRATIONS } from '../../adapters/sqlite-schema.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { batchOf, deviceWrite, onePutEach } from '../contract/store-rows.ts'
import { type TemporaryFolder, temporaryFolder } from '../contract/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

const STEP_1 = `CREATE TABLE things (name TEXT PRIMARY KEY) STRICT; INSERT INTO things VALUES ('first')`
const STEP_2 = `ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7; INSERT INTO things VALUES ('second', 8)`
const STEP_3 = `CREATE INDEX things_by_size ON things (size)`

test('a database of version 1 is brought to the newest version with what it holds, each step once', () => {
  const file = folder.file('a.sqlite')
  openDatabase(file, { migrations: [STEP_1] }).close()
  openDatabase(file, { migrations: [STEP_1, STEP_2, STEP_3] }).close()
  const database = openDatabase(file, { migrations: [STEP_1, STEP_2, STEP_3] })
  expect(database.all('SELECT name, size FROM things ORDER BY name')).toMatchObject([
    { name: 'first', size: 7 },
    { name: 'second', size: 8 },
  ])
  expect(versionOf(file)).toBe(3)
  database.close()
})

test('a step that fails half way leaves the version before it, and the next start goes on from there', () => {
  const file = folder.file('a.sqlite')
  const broken = `ALTER TABLE things ADD COLUMN size INTEGER; INSERT INTO nowhere VALUES (1)`
  expect(() => openDatabase(file, { migrations: [STEP_1, broken] })).toThrow('nowhere')
  expect(versionOf(file)).toBe(1)
  openDatabase(file, { migrations: [STEP_1, STEP_2] }).close()
  expect(versionOf(file)).toBe(2)
})

test('a hot store of version 1 keeps its rows through a later step', async () => {
  const file = folder.file('hot.sqlite')
  const store = sqliteStore(file)
  await store.write(batchOf([deviceWrite('dev-1', 0, onePutEach('dev-1', 1))]))
  const before = store.dump()
  store.close()
  openDatabase(file, { migrations: [...HOT_MIGRATIONS, STEP_1] }).close()
  expect(() => sqliteStore(file)).toThrow(DatabaseRefused)
  fromOutside(file, `DROP TABLE things; PRAGMA user_version = ${HOT_MIGRATIONS.length}`)
  const again = sqliteStore(file)
  expect(again.dump()).toEqual(before)
  again.close()
})

test('a hot store from before repairs keeps what it held', async () => {
  const file = folder.file('hot.sqlite')
  openDatabase(file, { migrations: HOT_MIGRATIONS.slice(0, 1) }).close()
  fromOutside(
    file,
    `INSERT INTO events VALUES ('dev-1', 1000, '3', 'evse', 'device', 'telemetry', NULL, 'ab', 1000, 1001, 'device',
       4, 1, 1, NULL, NULL, 9, '{"pilot_state":"B"}');
     INSERT INTO aliases VALUES ('device_session', 's-1', 'session', 'dev-1', 4);
     INSERT INTO checkpoints VALUES ('dev-1', 1000, '3', 4, '{}', NULL)`,
  )
  const store = sqliteStore(file)
  const range = { from: { ts: 0, ord: '' }, to: { ts: 2000, ord: '' } }
  expect(await store.history('dev-1', range)).toMatchObject([
    { ts: 1000, applied: 4, body: { pilot_state: 'B' } },
  ])
  expect(await store.findAliases('device_session', 's-1')).toMatchObject([{ target: 'session' }])
  expect(await store.checkpoints('dev-1', range)).toMatchObject([{ applied: 4 }])
  store.close()
})

test('a hot store from before the fleet was counted tells where its devices stand', async () => {
  const file = folder.file('hot.sqlite')
  openDatabase(file, { migrations: HOT_MIGRATIONS.slice(0, 3) }).close()
  const instance = { chart: 'evse-session', version: 1, value: { session: 'charging' }, since: 5 }
  const state = { instances: { session: { ...instance, context: { a: [1] }, timers: { silence: 9 } } } }
  const insert = (id: string, text: string) =>
    `INSERT INTO states VALUES ('${id}', 'evse', NULL, 1, 1, NULL, 5, '${text}');`
  fromOutside(file, insert('dev-1', JSON.stringify(state)) + insert('dev-2', '{"instances":{}}'))
  const store = sqliteStore(file)
  const reads = sqliteReads(file)
  const { items } = await reads.standings('evse', 10)
  expect(items.map(({ device_id }) => device_id)).toEqual(['dev-1'])
  expect(JSON.parse(items[0]?.standing ?? '')).toEqual({ session: instance })
  expect(store.dump().states[1]?.standing).toBeNull()
  reads.close()
  store.close()
})

test('a database newer than the code is refused with both versions, and not touched', () => {
  for (const [name, open] of [
    ['log.sqlite', sqliteLog],
    ['hot.sqlite', sqliteStore],
    ['reads.sqlite', sqliteReads],
  ] as const) {
    const file = folder.file(name)
    fromOutside(file, 'CREATE TABLE of_tomorrow (x); PRAGMA user_version = 1000')
    expect(() => open(file)).toThrow(DatabaseRefused)
    expect(() => open(file)).toThrow(/schema version 1000, and this Pilotline knows up to \d+/)
    expect(versionOf(file)).toBe(1000)
    expect(existsSync(`${file}-wal`)).toBe(false)
  }
})

test('a reader does not come before the writer has made the file', () => {
  const file = folder.file('hot.sqlite')
  expect(() => sqliteReads(file)).toThrow(DatabaseRefused)
  fromOutside(file, 'PRAGMA user_version = 0; CREATE TABLE early (x)')
  expect(() => sqliteReads(file)).toThrow('its writer must open it first')
})

test('a file that is no database, and a folder that is not there, are refused by name', async () => {
  const file = folder.file('log.sqlite')
  await writeFile(
    file,
    'not a database at all, but long enough to be looked at as if it were one. '.repeat(20),
  )
  expect(() => sqliteLog(file)).toThrow(DatabaseRefused)
  expect(() => sqliteLog(file)).toThrow(file)
  expect(() => sqliteLog(folder.file('missing/log.sqlite'))).toThrow(DatabaseRefused)
})

test('files are in WAL mode and every commit is synchronous', () => {
  const file = folder.file('a.sqlite')
  const database = openDatabase(file, { migrations: [] })
  expect(database.get('PRAGMA journal_mode')).toMatchObject({ journal_mode: 'wal' })
  expect(database.get('PRAGMA synchronous')).toMatchObject({ synchronous: 2 })
  database.close()
})

test('a reader cannot write', () => {
  const file = folder.file('a.sqlite')
  openDatabase(file, { migrations: [STEP_1] }).close()
  const reader = openDatabase(file, { migrations: [STEP_1], readonly: true })
  expect(reader.all('SELECT * FROM things')).toHaveLength(1)
  expect(() => reader.run(`INSERT INTO things VALUES ('mine')`)).toThrow('readonly')
  reader.close()
})

test('a transaction that throws leaves nothing, and the next one works', () => {
  const database = openDatabase(folder.file('a.sqlite'), { migrations: [STEP_1] })
  const names = () => database.all<{ name: string }>('SELECT name FROM things').map((row) => row.name)
  const failing = () =>
    database.transaction(() => {
      database.run(`INSERT INTO things VALUES ('half')`)
      throw new Error('our own bug')
    })
  expect(failing).toThrow('our own bug')
  expect(names()).toEqual(['first'])
  database.transaction(() => database.run(`INSERT INTO things VALUES ('whole')`))
  expect(names()).toEqual(['first', 'whole'])
  database.close()
})

function versionOf(file: string): unknown {
  const connection = new DatabaseSync(file)
  const version = connection.prepare('PRAGMA user_version').get()?.user_version
  connection.close()
  return version
}

function fromOutside(file: string, sql: string): void {
  const connection = new DatabaseSync(file)
  connection.exec(sql)
  connection.close()
}
