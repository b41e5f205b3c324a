/** Questions to the archive, and what a question must not do: each limit is attacked. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { duckdbQuery, QUERY_LIMITS } from '../../adapters/duckdb-query.ts'
import { filesOf } from '../../embedded/folder.ts'
import { BadQuestion, QuestionTooBig } from '../../events/archive-query.ts'
import { charger, NOON } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'

let home: NightHome
let root: string
beforeAll(async () => {
  home = await createNightHome()
  root = filesOf(home.data).archive
  await home.take([
    charger(1, NOON, { current_draw: 16, energy_delivered_kwh: 1 }),
    charger(2, NOON + 60_000, { current_draw: 12 }),
    charger(3, NOON - 86_400_000, {}, 'dev-2'),
  ])
  await home.night('2026-11-20', { now: () => NOON + 86_400_000 })
  await home.take([charger(4, NOON + 86_400_000)])
  writeFileSync(join(home.data, 'secret.txt'), 'a secret')
})
afterAll(() => home.close())

const ask = (sql: string, limits = {}) => duckdbQuery(root, { ...QUERY_LIMITS, ...limits }).ask(sql)

describe('a question', () => {
  it('is answered with columns, types and rows', async () => {
    expect(
      await ask('SELECT device_id, current_draw, event_time, log_offset FROM events ORDER BY event_time'),
    ).toEqual({
      columns: [
        { name: 'device_id', type: 'VARCHAR' },
        { name: 'current_draw', type: 'DOUBLE' },
        { name: 'event_time', type: 'TIMESTAMP' },
        { name: 'log_offset', type: 'BIGINT' },
      ],
      rows: [
        ['dev-2', null, '2026-11-19 12:00:00', '3'],
        ['dev-1', 16, '2026-11-20 12:00:00', '1'],
        ['dev-1', 12, '2026-11-20 12:01:00', '2'],
      ],
      truncated: false,
    })
  })

  it('finds what waits for the night in a table of its own, and tables without files empty', async () => {
    expect((await ask('SELECT log_offset FROM landing')).rows).toEqual([['4']])
    expect((await ask('SELECT count(*)::INT FROM sessions')).rows).toEqual([[0]])
    expect((await ask('SELECT day, station_events.device_id FROM station_events')).rows).toEqual([])
  })

  it('about a day opens that day’s files alone', async () => {
    const plan = await ask("SELECT count(*)::INT FROM events WHERE day = DATE '2026-11-19'")
    expect(plan.rows).toEqual([[1]])
    // The other day's file is broken: it is not opened.
    const victim = join(root, '2026/11/20/dev-1')
    const [file = ''] = readdirSync(victim)
    const content = await home.files.get(`2026/11/20/dev-1/${file}`)
    await home.files.put(`2026/11/20/dev-1/${file}`, new Uint8Array(10))
    try {
      expect((await ask("SELECT device_id FROM events WHERE day = DATE '2026-11-19'")).rows).toEqual([
        ['dev-2'],
      ])
    } finally {
      await home.files.put(`2026/11/20/dev-1/${file}`, content as Uint8Array)
    }
  })

  it.each([
    ['SELEC 1', 'syntax error'],
    ['SELECT nothing FROM events', 'not found'],
    ['SELECT 1; SELECT 2', 'one statement'],
    ['', 'one statement'],
  ])('that is wrong is refused with what is wrong: %s', async (sql, says) => {
    await expect(ask(sql)).rejects.toThrow(BadQuestion)
    await expect(ask(sql)).rejects.toThrow(says)
  })
})

describe('a question cannot', () => {
  const contents = () => readdirSync(root, { recursive: true }).map(String).sort()

  it.each([
    ["COPY (SELECT 1) TO 'x.csv'", 'COPY'],
    ["/* a */ -- b\n COPY (SELECT 1) TO '@/x.csv'", 'COPY'],
    ['WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a', ''],
    ["COPY (SELECT 1) TO '@/x.csv'", 'COPY'],
    ["COPY events FROM '@/x.csv'", ''],
    ["ATTACH '@/x.db'", 'ATTACH'],
    ["ATTACH ':memory:' AS other", 'ATTACH'],
    ['INSTALL httpfs', ''],
    ['LOAD httpfs', 'LOAD'],
    ['SET enable_external_access = true', ''],
    ['RESET enable_external_access', ''],
    ['SET VARIABLE a = 1', ''],
    ['PRAGMA enable_profiling', ''],
    ['CREATE TABLE t AS SELECT 1', 'CREATE'],
    ['CREATE OR REPLACE VIEW events AS SELECT 1', 'CREATE'],
    ['DROP VIEW events', 'DROP'],
    ['CALL pragma_version()', ''],
    ["EXPORT DATABASE '@/out'", ''],
    ["SELECT 1; COPY (SELECT 1) TO '@/x.csv'", 'one statement'],
    ["EXPLAIN ANALYZE COPY (SELECT 1) TO '@/x.csv'", ''],
  ])('do anything but read: %s', async (sql, kind) => {
    const there = contents()
    await expect(ask(sql.replaceAll('@', root))).rejects.toThrow(BadQuestion)
    await expect(ask(sql.replaceAll('@', root))).rejects.toThrow(kind)
    expect(contents()).toEqual(there)
  })

  it.each([
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_text('@/../secret.txt')",
    "SELECT * FROM read_blob('@/../log.sqlite')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '@/../secret.txt'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM glob('@/../*')",
    "SELECT * FROM sqlite_scan('@/../hot.sqlite', 'states')",
    "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    "SELECT getenv('HOME')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''@/y.csv''')",
  ])('see beyond the archive: %s', async (sql) => {
    const there = contents()
    await expect(ask(sql.replaceAll('@', root))).rejects.toThrow(BadQuestion)
    expect(contents()).toEqual(there)
  })

  it('go on for ever', async () => {
    const endless =
      'SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range % 7 = b.range % 11'
    await expect(ask(endless, { time_ms: 200 })).rejects.toThrow(QuestionTooBig)
  })

  it('take all memory, or the disk in its place', async () => {
    const hungry = 'SELECT count(*) FROM (SELECT DISTINCT hash(range)::VARCHAR || range FROM range(50000000))'
    await expect(ask(hungry, { memory_mb: 64 })).rejects.toThrow(/memory/)
    const long = "SELECT length(repeat('x', 2000000000)), length(repeat('y', 2000000000))"
    await expect(ask(long, { memory_mb: 64 })).rejects.toThrow()
  })

  it('answer with more rows or more text than there may be', async () => {
    const answer = await ask('SELECT range FROM range(100000)', { rows: 5 })
    expect([answer.rows.length, answer.truncated]).toEqual([5, true])
    expect(await ask('SELECT range FROM range(5)', { rows: 5 })).toMatchObject({ truncated: false })
    await expect(ask("SELECT repeat('x', 1000) FROM range(1000)", { bytes: 10_000 })).rejects.toThrow(
      QuestionTooBig,
    )
  })
})
