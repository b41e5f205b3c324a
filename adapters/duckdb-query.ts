/**
 * Questions to the archive, by DuckDB over its folder. A question may read and compute, within limits, and nothing else:
 * each runs in a DuckDB of its own that cannot see beyond the archive, whose settings are locked, and that takes one
 * SELECT. What the locks let through (COPY into the archive, for one) the kind of statement does not.
 */
import { globSync, realpathSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api'
import { MONTHS } from '../events/archive-months.ts'
import {
  ArchiveMoved,
  type ArchiveQuery,
  BadQuestion,
  type QueryAnswer,
  QuestionTooBig,
} from '../events/archive-query.ts'
import { sqlText } from './duckdb-open.ts'
import { isCutOff } from './duckdb-stream.ts'
import { archiveViews } from './duckdb-views.ts'
import { createGate } from './gate.ts'

export type QueryLimits = { time_ms: number; memory_mb: number; rows: number; bytes: number }

export const QUERY_LIMITS: QueryLimits = { time_ms: 30_000, memory_mb: 512, rows: 10_000, bytes: 16_000_000 }

export function duckdbQuery(folder: string, limits: QueryLimits = QUERY_LIMITS): ArchiveQuery {
  const gate = createGate(1)
  return {
    ask: (sql, parameters = {}) =>
      gate(async () => {
        const of = (older: boolean) => ask({ folder, older, limits }, sql, parameters)
        const once = () =>
          of(false).catch(onError((error) => FILE_OLDER.test(error.message), of.bind(null, true)))
        // The next look at the folder finds what files have become.
        return once().catch(onError((error) => error instanceof ArchiveMoved, once))
      }),
  }
}

function onError<T>(is: (error: Error) => boolean, then: () => Promise<T>): (error: Error) => Promise<T> {
  return (error) => (is(error) ? then() : Promise.reject(error))
}

/** Of a file or a pattern that was found when the folder was looked at. */
const FILE_GONE = /"([^"]*\.parquet)".*No such file|No files found that match the pattern "([^"]*)"/s

/** The last column that came is in the first file and not in another, or in none. */
const FILE_OLDER = /"log_tick"/

type Asked = { folder: string; older: boolean; limits: QueryLimits }

async function ask(
  { folder, older, limits }: Asked,
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
    const before = await monthsIn(folder)
    for (const statement of await fences(folder, older)) await connection.run(statement)
    if (sql.trim() === '') throw new BadQuestion('a question is one statement, and this is none')
    const statements = await connection.extractStatements(sql)
    if (statements.count !== 1)
      throw new BadQuestion(`a question is one statement, and this is ${statements.count}`)
    checkBeginning(sql)
    await connection.run('BEGIN')
    const prepared = await statements.prepare(0)
    if (prepared.statementType !== StatementType.SELECT)
      throw new BadQuestion(`a question is a SELECT, and this is ${StatementType[prepared.statementType]}`)
    checkValues(prepared, parameters)
    if (prepared.parameterCount > 0) prepared.bind(parameters)
    const result = await prepared.stream()
    // What it reads has been listed. Of days whose month came meanwhile it may have missed some, and nothing says so.
    if ((await monthsIn(folder)) !== before) throw new ArchiveMoved(MOVED)
    const answer = await readWithin(result, limits)
    if (!answer.truncated && (await isCutOff(connection))) {
      if (!late) await tellWhy(connection, sql, parameters)
      throw new ArchiveMoved(MOVED)
    }
    return answer
  } catch (error) {
    throw late ? tooLong(error as Error, limits) : toComplaint(error as Error, sql, limits)
  } finally {
    clearTimeout(timer)
    connection.closeSync()
    instance.closeSync()
  }
}

/** Rejects with what had cut the answer off, where it does so again. */
async function tellWhy(
  connection: DuckDBConnection,
  sql: string,
  parameters: Record<string, string>,
): Promise<void> {
  await connection.run('ROLLBACK')
  await connection.run(sql, parameters)
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

const MOVED =
  'files of the archive became others while it was asked, as a night puts them together: ask again in a minute'

/** A night puts a month's file there, whole and under a new inode, before it takes the days' away. */
async function monthsIn(folder: string): Promise<string> {
  const names = globSync(`${MONTHS}**/*.parquet`, { cwd: folder }).sort()
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)))
  return names.map((name, n) => `${name} ${found[n]?.ino} ${found[n]?.mtimeMs}`).join('\n')
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
async function fences(folder: string, older: boolean): Promise<string[]> {
  // The fence compares real paths.
  const root = realpathSync(folder)
  const views = await archiveViews(root, older)
  return [
    "SET TimeZone = 'UTC'",
    `SET allowed_directories = [${sqlText(`${root}/`)}]`,
    'SET enable_external_access = false',
    ...views,
    'SET lock_configuration = true',
  ]
}

function tooLong(error: Error, { time_ms }: QueryLimits): Error {
  if (error instanceof BadQuestion || error instanceof QuestionTooBig) return error
  return new QuestionTooBig(`it took longer than ${time_ms / 1000} s: ask for less`)
}

/** DuckDB's words are about the question, and are passed on as they are. */
function toComplaint(error: Error, sql: string, limits: QueryLimits): Error {
  if (error instanceof BadQuestion || error instanceof QuestionTooBig || error instanceof ArchiveMoved)
    return error
  const [, file, pattern = file] = FILE_GONE.exec(error.message) ?? []
  if (pattern !== undefined && !sql.includes(pattern)) return new ArchiveMoved(MOVED)
  if (/^Out of Memory/i.test(error.message))
    return new QuestionTooBig(`it took more memory than ${limits.memory_mb} MB: ask for less`)
  return new BadQuestion(error.message)
}
