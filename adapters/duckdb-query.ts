/**
 * Questions to the archive, by DuckDB over its folder. A question may read and compute, within limits, and nothing else:
 * each runs in a DuckDB of its own that cannot see beyond the archive, whose settings are locked, and that takes one
 * SELECT. What the locks let through (COPY into the archive, for one) the kind of statement does not.
 */
import { globSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance, StatementType } from '@duckdb/node-api'
import { WHOLE } from '../events/archive-payload.ts'
import { PAYLOAD_SQL } from '../events/archive-payload-sql.ts'
import { type ArchiveQuery, BadQuestion, type QueryAnswer, QuestionTooBig } from '../events/archive-query.ts'
import { CYCLE_COLUMNS, ENERGY_COLUMNS, SESSION_COLUMNS } from './archive-tables.ts'
import { STORED_TYPES } from './duckdb-columns.ts'
import { sqlText } from './duckdb-open.ts'
import { createGate } from './gate.ts'

export type QueryLimits = { time_ms: number; memory_mb: number; rows: number; bytes: number }

export const QUERY_LIMITS: QueryLimits = { time_ms: 30_000, memory_mb: 512, rows: 10_000, bytes: 16_000_000 }

export function duckdbQuery(folder: string, limits: QueryLimits = QUERY_LIMITS): ArchiveQuery {
  const gate = createGate(1)
  return { ask: (sql, parameters = {}) => gate(() => ask(folder, limits, sql, parameters)) }
}

async function ask(
  folder: string,
  limits: QueryLimits,
  sql: string,
  parameters: Record<string, string>,
): Promise<QueryAnswer> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${limits.memory_mb}MB`,
    threads: '2',
    // What does not fit in memory is too big: nothing is written anywhere.
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  })
  const connection = await instance.connect()
  let late = false
  const timer = setTimeout(() => {
    late = true
    connection.interrupt()
  }, limits.time_ms)
  try {
    for (const statement of await fences(folder)) await connection.run(statement)
    if (sql.trim() === '') throw new BadQuestion('a question is one statement, and this is none')
    const statements = await connection.extractStatements(sql)
    if (statements.count !== 1)
      throw new BadQuestion(`a question is one statement, and this is ${statements.count}`)
    checkBeginning(sql)
    const prepared = await statements.prepare(0)
    if (prepared.statementType !== StatementType.SELECT)
      throw new BadQuestion(`a question is a SELECT, and this is ${StatementType[prepared.statementType]}`)
    checkValues(prepared, parameters)
    if (prepared.parameterCount > 0) prepared.bind(parameters)
    const result = await prepared.stream()
    return await readWithin(result, limits)
  } catch (error) {
    throw toComplaint(error as Error, late, limits)
  } finally {
    clearTimeout(timer)
    connection.closeSync()
    instance.closeSync()
  }
}

const COMMENTS = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*/

/** Before it is prepared: to prepare an EXPORT makes its folder already. The kind of statement is asked all the same. */
function checkBeginning(sql: string): void {
  const [word = ''] = sql.replace(COMMENTS, '').split(/[^a-z]/i)
  if (!/^(?:select|with|from|values|describe|show|summarize)$/i.test(word))
    throw new BadQuestion(
      `a question is a SELECT, and this begins with ${JSON.stringify(word.toUpperCase())}`,
    )
}

/** In the words of `athena-sql.ts`, which gives the same answers. */
function checkValues(
  prepared: { parameterCount: number; parameterName(index: number): string },
  parameters: Record<string, string>,
): void {
  const names = Array.from({ length: prepared.parameterCount }, (_, n) => prepared.parameterName(n + 1))
  const missing = names.filter((name) => !Object.hasOwn(parameters, name)).map((name) => `$${name}`)
  if (missing.length > 0) throw new BadQuestion(`${missing.sort().join(', ')}: no value is given`)
  const unused = Object.keys(parameters).filter((name) => !names.includes(name))
  if (unused.length > 0) throw new BadQuestion(`the question asks for no value ${unused.join(', ')}`)
}

type Result = Awaited<ReturnType<Awaited<ReturnType<DuckDBInstance['connect']>>['stream']>>

async function readWithin(result: Result, limits: QueryLimits): Promise<QueryAnswer> {
  const columns = result.columnNames().map((name, n) => ({ name, type: String(result.columnType(n)) }))
  const rows: unknown[][] = []
  let bytes = 0
  for await (const chunk of result.yieldRowsJson()) {
    for (const row of chunk) {
      if (rows.length === limits.rows) return { columns, rows, truncated: true }
      bytes += JSON.stringify(row).length
      if (bytes > limits.bytes)
        throw new QuestionTooBig(`the answer is longer than ${limits.bytes} bytes: ask for less`)
      rows.push(row)
    }
  }
  return { columns, rows, truncated: false }
}

/** Tables first, then the fence, then the lock on it. */
async function fences(folder: string): Promise<string[]> {
  // The fence compares real paths.
  const root = realpathSync(folder)
  return [
    "SET TimeZone = 'UTC'",
    `SET allowed_directories = [${sqlText(`${root}/`)}]`,
    'SET enable_external_access = false',
    ...tables(root),
    'SET lock_configuration = true',
  ]
}

/** What may be asked of; a table of which there is no file yet is empty. */
function tables(root: string): string[] {
  // The payload is shown whole, and not what it is made of.
  const events = STORED_TYPES.filter(([name]) => !(name in WHOLE))
  const of = (columns: Record<string, string>) => Object.entries(columns)
  return [
    view(root, 'events', '[0-9][0-9][0-9][0-9]/*/*/*/events.parquet', events, [`${DAY_OF_PATH} AS day`]),
    view(root, 'events_of_device', '[0-9][0-9][0-9][0-9]/*/*/*/events.parquet', events, [
      `${DAY_OF_PATH} AS day`,
      `${DEVICE_OF_PATH} AS device`,
    ]),
    view(root, 'station_events', 'telemetry/*/*/*/events.parquet', events, [`${DAY_OF_KEYS} AS day`]),
    view(root, 'landing', 'landing/*/*/*/*.parquet', events, ['event_time::DATE AS day']),
    view(root, 'energy', 'energy/*/*/*/energy.parquet', of(ENERGY_COLUMNS)),
    view(root, 'sessions', 'sessions/*/*/*/sessions.parquet', of(SESSION_COLUMNS)),
    view(root, 'cycles', 'cycles/*/*/*/cycles.parquet', of(CYCLE_COLUMNS)),
  ]
}

/** What is not shown as it is stored. */
const SHOWN: Record<string, string> = { payload: PAYLOAD_SQL }

/** Of the file's name, so that a question about a day opens that day's files and no others. */
const DAY_OF_PATH = `CAST(replace(regexp_extract(filename, '(\\d{4}/\\d\\d/\\d\\d)/[^/]+/events\\.parquet$', 1), '/', '-') AS DATE)`
const DAY_OF_KEYS = `CAST(replace(replace(regexp_extract(filename, 'year=(\\d{4}/month=\\d\\d/day=\\d\\d)/', 1), '/month=', '-'), '/day=', '-') AS DATE)`

/** The last folder: the device's, where its day is in a folder of its own. */
const DEVICE_OF_PATH = "regexp_extract(filename, '/([^/]+)/events\\.parquet$', 1)"

function view(
  root: string,
  name: string,
  pattern: string,
  columns: readonly (readonly [string, string])[],
  more: readonly string[] = [],
): string {
  const glob = sqlText(join(root, pattern))
  const named = columns.map(([column, type]) => `CAST(${SHOWN[column] ?? column} AS ${type}) AS ${column}`)
  // By the first file's columns: to unite all, each file would have to be opened.
  const files = `read_parquet(${glob}, hive_partitioning = false, filename = true)`
  const nothing = columns.map(([column, type]) => `CAST(NULL AS ${type}) AS ${column}`)
  const some = [...named, ...more].join(', ')
  const absent = more.map((column) =>
    column.endsWith(' AS day') ? 'CAST(NULL AS DATE) AS day' : 'CAST(NULL AS VARCHAR) AS device',
  )
  const none = [...nothing, ...absent].join(', ')
  return `CREATE VIEW ${name} AS SELECT ${hasFiles(root, pattern) ? `${some} FROM ${files}` : `${none} WHERE false`}`
}

/** A glob without a match is an error to DuckDB. */
function hasFiles(root: string, pattern: string): boolean {
  return globSync(pattern, { cwd: root }).length > 0
}

/** DuckDB's words are about the question, and are passed on as they are. */
function toComplaint(error: Error, late: boolean, limits: QueryLimits): Error {
  if (error instanceof BadQuestion || error instanceof QuestionTooBig) return error
  if (late) return new QuestionTooBig(`it took longer than ${limits.time_ms / 1000} s: ask for less`)
  if (/^Out of Memory/i.test(error.message))
    return new QuestionTooBig(`it took more memory than ${limits.memory_mb} MB: ask for less`)
  return new BadQuestion(error.message)
}
