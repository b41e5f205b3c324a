/** The flags of `npm run import`, read and checked. */
import { join, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import {
  CONFIG_FIELDS,
  EVSE_FIELDS,
  type FieldSpecs,
  SESSION_FIELDS,
  THERMOSTAT_FIELDS,
  unitsOf,
} from '../processors/import-fields.ts'
import type { JsonFormat } from '../processors/import-json-rows.ts'
import { type Mapping, parseMapping } from '../processors/import-mapping.ts'
import { BadImport } from '../processors/import-report.ts'
import type { TimeRules } from '../processors/import-time.ts'
import { createLocalClock } from '../processors/local-time.ts'

export type ImportKind = 'sessions' | 'device-config' | 'evse' | 'thermostat'
export type ImportFormat = 'csv' | JsonFormat

export type ImportOptions = {
  file: string
  kind: ImportKind
  format: ImportFormat
  mapping: Mapping
  delimiter: string
  zone: TimeRules['zone']
  /** Of a CSV, the line that names the columns. */
  header_line: number
  /** Another recording of the same charge, with whose clock that of the file is compared. */
  beside: string | null
  /** Where the rows go: a folder that no process uses, or a running server. */
  target: { folder: string } | { url: string }
  dry_run: boolean
}

type Flags = {
  as: ImportKind | 'config'
  format?: ImportFormat
  map: string[]
  set: string[]
  data?: string
  url?: string
  timeZone?: TimeRules['zone']
  delimiter: string
  headerLine: number
  beside?: string
  dryRun?: true
}

const SPECS: Record<ImportKind, FieldSpecs> = {
  sessions: SESSION_FIELDS,
  'device-config': CONFIG_FIELDS,
  evse: EVSE_FIELDS,
  thermostat: THERMOSTAT_FIELDS,
}

const EXPLANATION = `
Fields of --as sessions (each row a finished charging session; * must be mapped):
  ${fieldsOf(SESSION_FIELDS)}
Fields of --as device-config (each row a configuration of a device, from effective_from or from now on; what a row
leaves empty stays as it is):
  ${fieldsOf(CONFIG_FIELDS)}
Fields of --as evse and --as thermostat (each row a reading; a call is on where its cell is true, yes, on, or above 0):
  ${fieldsOf(EVSE_FIELDS)}
  ${fieldsOf(THERMOSTAT_FIELDS)}

Units follow the column's name behind a colon: energy_kwh=energy:Wh, started_at=begin:s. Of those in brackets above the
first is the one that is meant otherwise. A time is a number, or ISO 8601: with its offset (2019-03-01T14:20:00Z), or,
with --time-zone, without (2019-03-01 15:20); an hour that the zone's clocks skip or repeat is refused. A date that does
not begin with its year has its order as a unit (:mdy, :dmy), and one in a column of its own is joined with its time of
day: timestamp=Date+Time:mdy. A gpio cell is JSON. A column whose name holds a comma stands in quotes: --map '"energy_kwh=Energy, total"'.

The file is CSV with a header, a JSON array of objects, or NDJSON, in UTF-8, plain or gzipped, its rows in any order. It is read whole before anything
enters. A row that breaks a rule is reported by line, field, value and rule, and nothing of it enters; the others do.
A second import of the same file adds nothing. A session that the file gives no charging times is one charging leg.

Example, a month of sessions at Caltech (ACN data):
  npm run import -- acn-caltech-2019-03-sessions.csv --as sessions \\
    --map session_id=session_id,device_id=station_id,started_at=connected_at,ended_at=disconnected_at,energy_kwh=kwh

Examples of other kinds:
  npm run import -- wallbox.csv.gz --as sessions --time-zone Europe/Berlin --delimiter ';' \\
    --set device_id=garage --map started_at=Start,ended_at=Ende,energy_kwh=Energie:Wh
  npm run import -- chargers.csv --as device-config --set device_type=evse \\
    --map device_id=id,location=site,rated_power_kw=watts:W,effective_from=since --url http://127.0.0.1:8080

  npm run import -- charge-10hz-charger.csv.gz --as evse --set device_id=dc-1 --set pilot_state=C \\
    --map timestamp=timestamp:s,current_draw=current,voltage_v=voltage,energy_delivered_kwh=charged_energy:Wh

Exit codes:
  0   every row was good
  1   rows were bad (the others have entered), or the import could not be brought to its end: import again
  2   nothing has entered: a wrong flag, file or mapping, a folder that is in use, or a server that does not answer
`

/** The flags cannot be followed; the message is one line for a person. */
export class BadFlags extends Error {}
/** Everything asked for was the help text; it has been written. */
export class HelpAsked extends Error {}

/** `argv` without node and the script. Throws `BadFlags`, or `HelpAsked`. */
export function parseImportOptions(argv: string[], write: (text: string) => void): ImportOptions {
  const command = describeCommand(write)
  try {
    command.parse(argv, { from: 'user' })
    return checkFlags(command.args[0] as string, command.opts<Flags>())
  } catch (error) {
    if (error instanceof BadImport) throw new BadFlags(error.message)
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new HelpAsked()
    throw new BadFlags(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
}

function describeCommand(write: (text: string) => void): Command {
  const gather = (text: string, before: string[]) => [...before, text]
  return new Command('npm run import --')
    .description('Turns the rows of a file into events or configurations, through the front door.')
    .argument('<file>', 'CSV, JSON or NDJSON, plain or gzipped')
    .helpOption('-h, --help', 'this text')
    .addOption(
      new Option('--as <kind>', 'what the rows are')
        .choices([...Object.keys(SPECS), 'config'])
        .makeOptionMandatory(),
    )
    .addOption(list('--map <field=column[:unit],…>', 'which column is which field; may be given again'))
    .addOption(list('--set <field=value>', 'a field that is the same in every row; may be given again'))
    .option('--data <dir>', 'the data folder of a server that is stopped (default: data/pilotline)')
    .option('--url <url>', 'a running server, such as http://127.0.0.1:8080')
    .addOption(new Option('--time-zone <zone>', 'IANA zone of times without offset').argParser(readZone))
    .addOption(
      new Option('--delimiter <text>', 'between cells; "tab" for one').argParser(readDelimiter).default(','),
    )
    .addOption(
      new Option('--format <format>', 'of the file (default: by its name, else csv)').choices([
        'csv',
        'json',
        'ndjson',
      ]),
    )
    .addOption(
      new Option('--header-line <n>', 'of CSV: the line that names the columns')
        .argParser(readLine)
        .default(1),
    )
    .option('--dry-run', 'reads the file and reports, and touches nothing')
    .option(
      '--beside <file>',
      'with --dry-run: another recording of the same charge; how far their clocks are apart',
    )
    .addHelpText('after', EXPLANATION)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride()

  function list(flags: string, description: string): Option {
    return new Option(flags, description).argParser(gather).default([], 'none')
  }
}

function readZone(name: string): TimeRules['zone'] {
  try {
    return { name, clock: createLocalClock(name) }
  } catch {
    throw new InvalidArgumentError('It is no IANA time zone, such as Europe/Berlin.')
  }
}

function readLine(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is a line, from 1.')
  return Number(text)
}

function readDelimiter(text: string): string {
  if (text === 'tab') return '\t'
  if (text.length !== 1 || /["\r\n]/.test(text))
    throw new InvalidArgumentError('It is one character, or tab.')
  return text
}

function checkFlags(file: string, flags: Flags): ImportOptions {
  const { as, data, url } = flags
  const kind = as === 'config' ? 'device-config' : as
  if (data !== undefined && url !== undefined) throw new BadFlags('--data and --url exclude each other')
  if (data === '') throw new BadFlags('--data names no folder')
  if (flags.beside !== undefined && (kind !== 'evse' || !flags.dryRun))
    throw new BadFlags('--beside is for a --dry-run of --as evse')
  return {
    file,
    kind,
    format: flags.format ?? formatOf(file),
    mapping: parseMapping(SPECS[kind], flags.map, flags.set),
    delimiter: flags.delimiter,
    zone: flags.timeZone ?? null,
    header_line: flags.headerLine,
    beside: flags.beside ?? null,
    target:
      url === undefined ? { folder: resolve(data ?? join('data', 'pilotline')) } : { url: readUrl(url) },
    dry_run: flags.dryRun ?? false,
  }
}

export function formatOf(file: string): ImportFormat {
  const [, extension] = /\.(json|ndjson|jsonl)(?:\.gz)?$/i.exec(file) ?? []
  if (extension === undefined) return 'csv'
  return extension.toLowerCase() === 'json' ? 'json' : 'ndjson'
}

function readUrl(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new BadFlags(`--url: ${JSON.stringify(text)} is no http address`)
  return url.origin
}

function fieldsOf(specs: FieldSpecs): string {
  const fields = Object.entries(specs).map(([field, spec]) => {
    const units = unitsOf(spec)
    return `${field}${spec.required ? '*' : ''}${units.length > 1 ? ` [${units.join(', ')}]` : ''}`
  })
  const lines = ['']
  for (const field of fields) {
    const line = lines.length - 1
    if ((lines[line] as string).length + field.length > 110) lines.push(`${field}, `)
    else lines[line] += `${field}, `
  }
  return lines
    .map((line) => line.trimEnd())
    .join('\n  ')
    .replace(/,$/, '')
}
