/** Questions on AWS: what is sent to Athena, what comes back, and what never gets there. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ATHENA_LIMITS, athenaQuery } from '../../adapters/athena-query.ts'
import { athenaQuestion } from '../../adapters/athena-sql.ts'
import { duckdbQuery } from '../../adapters/duckdb-query.ts'
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'
import { filesOf } from '../../embedded/folder.ts'
import { BadQuestion, QuestionTooBig } from '../../events/archive-query.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { runQuery } from '../../tools/query-command.ts'
import { type Athena, Refused, startAthena } from '../stand-ins/athena.ts'
import { atEndpoint } from '../stand-ins/dynalite.ts'
import { charger, everyKind, NOON } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'

let athena: Athena
let home: NightHome

beforeAll(async () => {
  athena = await startAthena()
  home = await createNightHome()
  const readings = [0, 10, 20].map((min) =>
    charger(1, NOON + min * 60_000 + 5, {
      pilot_state: min === 0 ? 'B' : 'C',
      pwm_duty_cycle: 50,
      current_draw: min === 0 ? 0 : 12.5,
      energy_delivered_kwh: min / 20,
      location: 'garage',
    }),
  )
  const taken = await home.take([...everyKind(), ...readings])
  const quiet = { info() {}, warn() {}, error() {} }
  await processBatch(taken, { store: home.hot, metrics: { count() {}, gauge() {} }, logger: quiet }, 'charts')
  await home.night('2026-11-20', { now: () => NOON + 86_400_000 })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await athena.stop()
  await home.close()
})
beforeEach(() => {
  athena.calls.length = 0
})

const ask = (sql: string, parameters = {}, limits = {}) =>
  athenaQuery({
    ...atEndpoint(athena.endpoint),
    workgroup: 'pilotline-small-questions',
    database: 'pilotline_small_archive',
    limits: { ...ATHENA_LIMITS, ...limits },
    look_ms: 1,
  }).ask(sql, parameters)
const asked = () => athena.calls.map(({ operation }) => operation)

/** By DuckDB over the embedded archive: what Athena would do with the same words, as far as both mean the same. */
function answerTruly(): void {
  athena.onQuestion(async (sql, values) => {
    let nth = 0
    const named = sql.replaceAll('?', () => `$v${nth++}`)
    const told = values.map((value, n) => [`v${n}`, value.slice(1, -1).replaceAll("''", "'")] as const)
    return { answer: await duckdbQuery(filesOf(home.data).archive).ask(named, Object.fromEntries(told)) }
  })
}

describe('a question', () => {
  it('is sent as it is, to its workgroup and database, and its answer is what DuckDB’s would be', async () => {
    answerTruly()
    const sql =
      'SELECT device_id, event_time, current_draw, log_offset, heating_call FROM events ORDER BY log_offset'
    expect(await ask(sql)).toEqual(await duckdbQuery(filesOf(home.data).archive).ask(sql))
    expect(athena.calls[0]?.body).toEqual({
      QueryString: sql,
      QueryExecutionContext: { Catalog: 'AwsDataCatalog', Database: 'pilotline_small_archive' },
      WorkGroup: 'pilotline-small-questions',
      ClientRequestToken: expect.any(String),
    })
    expect(asked()).toEqual([
      'StartQueryExecution',
      'GetQueryExecution',
      'GetQueryExecution',
      'GetQueryResults',
    ])
  })

  it('is read page by page, and cut where it has too many rows', async () => {
    answerTruly()
    const sql = 'SELECT range AS n FROM range(2500) ORDER BY n'
    const { rows, truncated } = await ask(sql)
    expect([rows.length, rows.at(-1), truncated]).toEqual([2_500, ['2499'], false])
    expect(asked().filter((one) => one === 'GetQueryResults').length).toBe(3)
    expect(await ask(sql, {}, { rows: 7 })).toMatchObject({ truncated: true })
    expect((await ask('SELECT range AS n FROM range(7)', {}, { rows: 7 })).truncated).toBe(false)
    await expect(ask(sql, {}, { bytes: 100 })).rejects.toThrow(QuestionTooBig)
  })

  it('that takes too long is stopped', async () => {
    athena.onQuestion(async () => ({ state: 'RUNNING' }))
    await expect(ask('SELECT 1', {}, { time_ms: 30 })).rejects.toThrow(QuestionTooBig)
    expect(asked().at(-1)).toBe('StopQueryExecution')
  })

  it.each([
    [{ state: 'FAILED', reason: 'COLUMN_NOT_FOUND: line 1:8', category: 2 }, BadQuestion, 'COLUMN_NOT_FOUND'],
    [{ state: 'FAILED', reason: 'internal', category: 1 }, InfrastructureError, 'internal'],
    [
      { state: 'FAILED', reason: 'Query exhausted resources at this scale factor' },
      QuestionTooBig,
      'exhausted',
    ],
    [{ state: 'CANCELLED', reason: 'Bytes scanned limit was exceeded' }, QuestionTooBig, 'Bytes scanned'],
  ] as const)('that ends with %j says whose fault it is', async (end, kind, says) => {
    athena.onQuestion(async () => end)
    await expect(ask('SELECT 1')).rejects.toThrow(kind)
    await expect(ask('SELECT 1')).rejects.toThrow(says)
  })

  it('that Athena cannot parse is the asker’s', async () => {
    athena.onQuestion(async () => {
      throw new Refused("line 1:15: mismatched input 'FORM'")
    })
    await expect(ask('SELECT 1 FORM x')).rejects.toThrow(BadQuestion)
  })

  it('that turns out to be something else is stopped before it has ended', async () => {
    athena.onQuestion(async () => ({ statement: 'INSERT' }))
    await expect(ask('SELECT 1')).rejects.toThrow('this is INSERT')
    expect(asked().at(-1)).toBe('StopQueryExecution')
  })
})

describe('only a SELECT gets as far as Athena', () => {
  it.each([
    'INSERT INTO events SELECT * FROM events',
    "UNLOAD (SELECT * FROM events) TO 's3://elsewhere/' WITH (format = 'PARQUET')",
    '/* SELECT */ DROP TABLE events',
    '-- SELECT\nDELETE FROM events',
    'CREATE TABLE x AS SELECT * FROM events',
    'CREATE OR REPLACE VIEW events AS SELECT 1',
    'ALTER TABLE events ADD COLUMNS (x int)',
    'MSCK REPAIR TABLE events',
    'EXPLAIN ANALYZE SELECT 1',
    'SHOW CREATE TABLE events',
    'PREPARE x FROM SELECT 1',
    'EXECUTE x',
    "USING EXTERNAL FUNCTION f(x VARCHAR) RETURNS VARCHAR LAMBDA 'f' SELECT f('a')",
    'MERGE INTO events USING x ON true WHEN MATCHED THEN DELETE',
    'OPTIMIZE events REWRITE DATA USING BIN_PACK',
    'VACUUM events',
    'CALL system.sync_partition_metadata()',
    'GRANT SELECT ON events TO x',
    '(DROP TABLE events)',
    'SELECT 1; DROP TABLE events',
    "SELECT ';' ; SELECT 2",
    'SELECT 1 -- a comment\n; DELETE FROM events',
    "SELECT 'open",
    'SELECT /* open',
    'SELECT ?',
    '',
    ' ; ',
  ])('not %s', async (sql) => {
    await expect(ask(sql)).rejects.toThrow(BadQuestion)
    expect(athena.calls).toEqual([])
  })

  it.each([
    ['SELECT \';\' AS a, "?" FROM x -- ; $no\n;', 'SELECT \';\' AS a, "?" FROM x'],
    ["WITH a AS (SELECT '--' b) SELECT * FROM a", "WITH a AS (SELECT '--' b) SELECT * FROM a"],
    ['/* $day */ (SELECT 1)', '(SELECT 1)'],
    ["SELECT 'it''s; $day'", "SELECT 'it''s; $day'"],
    ['VALUES (1), (2)', 'VALUES (1), (2)'],
    ['SELECT 4-2/1', 'SELECT 4-2/1'],
  ])('but %s', (sql, sent) => {
    expect(athenaQuestion(sql, {})).toEqual({ sql: sent, values: [] })
  })

  it('values cannot leave their place', () => {
    const evil = "x' OR '1'='1"
    expect(athenaQuestion('SELECT $a, $b, $a', { a: evil, b: '' })).toEqual({
      sql: 'SELECT ?, ?, ?',
      values: ["'x'' OR ''1''=''1'", "''", "'x'' OR ''1''=''1'"],
    })
    expect(() => athenaQuestion('SELECT $a', {})).toThrow('$a: no value is given')
    expect(() => athenaQuestion('SELECT 1', { a: '1' })).toThrow('no value a')
  })
})

describe('the questions that have names, on AWS', () => {
  const names = readdirSync(new URL('../../docs/queries/', import.meta.url)).map((file) => file.slice(0, -4))
  const values: Record<string, string> = { device_id: 'dev-1', day: '2026-11-20', location: 'garage' }

  async function run(...argv: string[]) {
    let [out, complaints] = ['', '']
    const status = await runQuery(argv, {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (complaints += text) },
    })
    return { status, out, complaints }
  }

  it.each(names)('%s has the same rows', async (name) => {
    answerTruly()
    vi.stubEnv('AWS_ENDPOINT_URL_ATHENA', athena.endpoint)
    vi.stubEnv('AWS_REGION', 'us-east-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'nothing')
    const sql = readFileSync(new URL(`../../docs/queries/${name}.sql`, import.meta.url), 'utf8')
    const wanted = Object.keys(values).filter((key) => new RegExp(`= \\$${key}|\\(\\$${key}`).test(sql))
    const set = wanted.flatMap((key) => ['--set', `${key}=${values[key]}`])
    const embedded = await run('--data', home.data, '--name', name, ...set)
    const aws = await run('--stage', 'prod', '--name', name, ...set)
    expect(embedded, embedded.complaints).toMatchObject({ status: 0 })
    expect(aws, aws.complaints).toEqual(embedded)
    expect(athena.calls[0]?.body).toMatchObject({
      WorkGroup: 'pilotline-prod-questions',
      QueryExecutionContext: { Database: 'pilotline_prod_archive' },
    })
  })

  it('of a stage that there is not are refused', async () => {
    const { status, complaints } = await run('--stage', 'tiny', 'select 1')
    expect([status, complaints]).toEqual([2, expect.stringContaining('--stage: stage tiny is none of')])
  })
})
