/** The archive's tables for questions by DuckDB: views over its files. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { type MonthKind, monthFolder } from '../events/archive-months.ts'
import { WHOLE } from '../events/archive-payload.ts'
import { PAYLOAD_SQL } from '../events/archive-payload-sql.ts'
import { CYCLE_COLUMNS, ENERGY_COLUMNS, SESSION_COLUMNS } from './archive-tables.ts'
import { STORED_TYPES } from './duckdb-columns.ts'
import { sqlText } from './duckdb-open.ts'
import { placed } from './duckdb-places.ts'
import { filesTwice } from './duckdb-taken.ts'

type Columns = readonly (readonly [name: string, type: string])[]

/**
 * What may be asked of; a table of which there is no file yet is empty. `older`: some files lack the columns of now, and
 * each is opened to see which; without, a question that comes upon such a file fails.
 */
export async function archiveViews(root: string, older = false): Promise<string[]> {
  const of = (columns: Record<string, string>) => Object.entries(columns)
  const twice = await filesTwice(root)
  const from = { root, older }
  return [
    eventsView(from, 'events', { kind: 'events', more: {} }, twice),
    eventsView(from, 'events_of_device', { kind: 'events', more: { device: DEVICE_OF_PATH } }, twice),
    eventsView(from, 'station_events', { kind: 'telemetry', more: {} }, twice),
    view('landing', [
      ...branch(from, 'landing/*/*/*/*.parquet', EVENTS, { day: 'event_time::DATE' }),
      nothing(EVENTS, ['day']),
    ]),
    plainView(root, 'energy', of(ENERGY_COLUMNS)),
    plainView(root, 'sessions', of(SESSION_COLUMNS)),
    plainView(root, 'cycles', of(CYCLE_COLUMNS)),
  ]
}

/** The payload is shown whole, and not what it is made of. */
const EVENTS: Columns = STORED_TYPES.filter(([name]) => !(name in WHOLE))

/** What is not shown as it is stored. */
const SHOWN: Record<string, string> = { payload: PAYLOAD_SQL }

/** Of the file's name, so that a question about a day opens that day's files and no others. */
const DAY_OF: Record<MonthKind, { pattern: string; day: string }> = {
  events: {
    pattern: '[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]/*/events.parquet',
    day: `CAST(replace(regexp_extract(filename, '(\\d{4}/\\d\\d/\\d\\d)/[^/]+/events\\.parquet$', 1), '/', '-') AS DATE)`,
  },
  telemetry: {
    pattern: 'telemetry/*/*/*/events.parquet',
    day: `CAST(replace(replace(regexp_extract(filename, 'year=(\\d{4}/month=\\d\\d/day=\\d\\d)/', 1), '/month=', '-'), '/day=', '-') AS DATE)`,
  },
}

/** The last folder: the device's, where its day is in a folder of its own. */
const DEVICE_OF_PATH = "regexp_extract(filename, '/([^/]+)/events\\.parquet$', 1)"

type EventsView = { kind: MonthKind; more: Record<string, string> }
type Events = { root: string; older: boolean }

/** Days' files, and those of months that have been put together. */
function eventsView(
  from: Events,
  name: string,
  { kind, more }: EventsView,
  twice: readonly string[],
): string {
  const { pattern, day } = DAY_OF[kind]
  const days = branch(from, pattern, EVENTS, { ...more, day }).map((sql) =>
    twice.length === 0 ? sql : `${sql} WHERE filename NOT IN (${twice.map(sqlText).join(', ')})`,
  )
  const named = [...Object.keys(more), 'day']
  return view(name, [...days, ...monthBranches(from, kind, named), nothing(EVENTS, named)])
}

/** One each, with its days, so that a question about other days opens none of its files. */
function monthBranches(from: Events, kind: MonthKind, more: readonly string[]): string[] {
  const months = globSync(`months/${kind}/*/*`, { cwd: from.root }).map((path) =>
    path.split('/').slice(-2).join('-'),
  )
  return months.sort().flatMap((month) => {
    const made = Object.fromEntries(
      more.map((column) => [column, column === 'day' ? 'event_time::DATE' : 'part']),
    )
    const first = `DATE ${sqlText(`${month}-01`)}`
    return branch(from, `${monthFolder(kind, month)}*/events.parquet`, EVENTS, made).map(
      (sql) => `${sql} WHERE event_time::DATE >= ${first} AND event_time::DATE <= last_day(${first})`,
    )
  })
}

function plainView(root: string, name: string, columns: Columns): string {
  return view(name, [
    ...branch({ root, older: false }, `${name}/*/*/*/${name}.parquet`, columns, {}),
    nothing(columns, []),
  ])
}

function view(name: string, branches: readonly string[]): string {
  return `CREATE VIEW ${name} AS ${branches.join(' UNION ALL ')}`
}

/** None where there is no file: to DuckDB a glob without a match is an error. */
function branch(
  { root, older }: Events,
  pattern: string,
  columns: Columns,
  more: Record<string, string>,
): string[] {
  if (globSync(pattern, { cwd: root }).length === 0) return []
  const shown = columns.map(([column, type]) => `CAST(${SHOWN[column] ?? column} AS ${type}) AS ${column}`)
  const made = Object.entries(more).map(([column, sql]) => `${sql} AS ${column}`)
  // By the first file's columns: to unite all, each file would have to be opened.
  const files = `read_parquet(${sqlText(join(root, pattern))}, hive_partitioning = false, filename = true, union_by_name = ${older})`
  return [`SELECT ${[...shown, ...made].join(', ')} FROM ${older ? placed(`SELECT * FROM ${files}`) : files}`]
}

/** The columns, of no row. */
function nothing(columns: Columns, more: readonly string[]): string {
  const typed = [
    ...columns,
    ...more.map((column) => [column, column === 'day' ? 'DATE' : 'VARCHAR'] as const),
  ]
  return `SELECT ${typed.map(([name, type]) => `CAST(NULL AS ${type}) AS ${name}`).join(', ')} WHERE false`
}
