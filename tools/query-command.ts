/** A question by hand: SQL in, a table on a terminal, JSON lines in a pipe. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import { ATHENA_LIMITS, athenaQuery } from '../adapters/athena-query.ts'
import { databaseName, workgroupName } from '../adapters/aws-names.ts'
import { duckdbQuery, QUERY_LIMITS } from '../adapters/duckdb-query.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import { filesOf } from '../embedded/folder.ts'
import {
  ArchiveMoved,
  type ArchiveQuery,
  BadQuestion,
  type QueryAnswer,
  QuestionTooBig,
} from '../events/archive-query.ts'
import { stageOf } from '../infra/stages.ts'

export type QueryStreams = {
  stdout: { write(text: string): unknown; isTTY?: boolean }
  stderr: { write(text: string): unknown; isTTY?: boolean }
}

/** Questions that have names: SQL files. */
const QUERIES = join(import.meta.dirname, '..', 'docs', 'queries')

const EXPLANATION = `
Tables: events, energy, sessions, cycles, station_events, and landing for what waits for the night; docs/queries.md
lists their columns and the questions that have names. A question is one SELECT; it reads the archive and nothing else.
It may take ${QUERY_LIMITS.time_ms / 1000} s and ${QUERY_LIMITS.memory_mb} MB, and answers with ${QUERY_LIMITS.rows.toLocaleString('en-US')} rows at most. A question may hold
$names, whose values --set gives. On a terminal the answer is a table, in a pipe a JSON object a row, whose BIGINTs are
texts. With --stage Athena answers it, within what the stage's workgroup lets a question read; that is billed by the byte.

Examples:
  npm run query -- "select day, sum(delivered_kwh) from energy group by day order by day"
  npm run query -- --name energy-by-day --set location=garage
  npm run query -- --stage prod --name energy-by-day --set location=garage
  npm run query -- --data data/demo "select count(*) from events where day = date '2026-11-20'"

Exit codes: 0 done, 1 the question went beyond a limit, or the archive was put together under it, 2 it cannot be asked
`

/** Nobody waits for it but the person who asked. */
const STAGE_LIMITS = { ...ATHENA_LIMITS, time_ms: 300_000 }

type Flags = { data: string; stage?: string; name?: string; set?: Record<string, string> }

/** Resolves with the exit code. */
export async function runQuery(argv: string[], streams: QueryStreams): Promise<number> {
  const refuse = (reason: string) => {
    streams.stderr.write(`pilotline: ${reason.replace(/\s*\n\s*/g, ' ')}\n`)
    return 2
  }
  try {
    const { flags, sql } = parse(argv, streams)
    if (sql === null) return 0
    const { query, time_ms } = archiveOf(flags)
    const waiting = streams.stderr.isTTY ? showWaiting(streams, time_ms) : () => {}
    const answer = await query.ask(sql, flags.set ?? {}).finally(waiting)
    show(answer, streams)
    return 0
  } catch (error) {
    if ([QuestionTooBig, ArchiveMoved, InfrastructureError].some((kind) => error instanceof kind)) {
      refuse((error as Error).message)
      return 1
    }
    if (error instanceof BadQuestion) return refuse(error.message)
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    return refuse(`${error.message.replace(/^error: /, '')} (--help says more)`)
  }
}

/** @throws BadQuestion where there is none to ask */
function archiveOf({ stage, data }: Flags): { query: ArchiveQuery; time_ms: number } {
  if (stage === undefined) {
    const { archive } = filesOf(resolve(data))
    if (!existsSync(archive)) throw new BadQuestion(`--data: ${resolve(data)} holds no archive`)
    return { query: duckdbQuery(archive), time_ms: QUERY_LIMITS.time_ms }
  }
  const prefix = prefixOf(stage)
  const names = { workgroup: workgroupName(prefix), database: databaseName(prefix) }
  return { query: athenaQuery({ ...names, limits: STAGE_LIMITS }), time_ms: STAGE_LIMITS.time_ms }
}

function prefixOf(stage: string): string {
  try {
    return stageOf(stage).prefix
  } catch (error) {
    throw new BadQuestion(`--stage: ${(error as Error).message}`)
  }
}

function parse(argv: string[], { stdout }: QueryStreams): { flags: Flags; sql: string | null } {
  const command = new Command('npm run query --')
    .description('Asks the archive of a data folder, or of a stage on AWS, in SQL.')
    .helpOption('-h, --help', 'this text')
    .argument('[sql]', 'one SELECT')
    .option('--name <name>', 'a question that has a name')
    .option('--set <name=value>', 'a value of a named question; may be given more than once', collect)
    .option('--data <dir>', 'the data folder', join('data', 'pilotline'))
    .option('--stage <name>', 'the archive of this stage on AWS, by Athena')
    .addHelpText('after', EXPLANATION)
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => {} })
    .exitOverride()
  command.parse(argv, { from: 'user' })
  const flags = command.opts<Flags>()
  const [sql] = command.args
  if ((sql === undefined) === (flags.name === undefined))
    throw new BadQuestion('give one SELECT, or --name: one of the two')
  return { flags, sql: sql ?? namedQuery(flags.name as string) }
}

function collect(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new BadQuestion(`--set: ${JSON.stringify(text)} is no name=value`)
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

function namedQuery(name: string): string {
  const names = readdirSync(QUERIES).map((file) => file.replace(/\.sql$/, ''))
  if (!names.includes(name))
    throw new BadQuestion(`--name: ${JSON.stringify(name)} is none of ${names.join(', ')}`)
  return readFileSync(join(QUERIES, `${name}.sql`), 'utf8')
}

function show({ columns, rows, truncated }: QueryAnswer, { stdout, stderr }: QueryStreams): void {
  const names = columns.map(({ name }) => name)
  if (stdout.isTTY) showTable(names, rows, stdout)
  else
    for (const row of rows)
      stdout.write(`${JSON.stringify(Object.fromEntries(names.map((name, n) => [name, row[n]])))}\n`)
  if (truncated) stderr.write(`pilotline: there are more than ${rows.length} rows; these are the first\n`)
}

const WIDEST = 60

function showTable(names: string[], rows: unknown[][], stdout: QueryStreams['stdout']): void {
  const cells = rows.map((row) => row.map((value) => cut(value === null ? '' : String(value))))
  const widths = names.map((name, n) => Math.max(name.length, ...cells.map((row) => row[n]?.length ?? 0)))
  const line = (row: string[]) =>
    `${row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join('  ')
      .trimEnd()}\n`
  stdout.write(line(names))
  stdout.write(line(widths.map((width) => '─'.repeat(width))))
  for (const row of cells) stdout.write(line(row))
}

/** On one line, and without what a terminal would obey: a device may have said it. */
function cut(text: string): string {
  const short = text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '\ufffd')
  return short.length <= WIDEST ? short : `${short.slice(0, WIDEST - 1)}…`
}

/** Seconds, in place, for a question that takes some. */
function showWaiting({ stderr }: QueryStreams, time_ms: number): () => void {
  const begun = performance.now()
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - begun) / 1000)
    stderr.write(`\r\u001b[2Kasking, ${seconds} s of ${time_ms / 1000}`)
  }, 1_000)
  return () => {
    clearInterval(timer)
    stderr.write('\r\u001b[2K')
  }
}
