/** The flags of `npm run replay`, read and checked. */
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseIsoTime } from '../events/timestamp.ts'
import { EVERYTHING, type ReplayRange } from '../processors/replay-source.ts'
import { BadFlags, HelpAsked } from './import-options.ts'
import { REPLAY_HELP } from './replay-help.ts'
import { type IntoOptions, intoOf, type PlaceFlags, type SourceOptions, sourceOf } from './replay-places.ts'

export const MODES = ['print', 'verify', 'repair', 'restream', 'shadow'] as const
export type Mode = (typeof MODES)[number]

export type ReplayOptions = {
  mode: Mode
  source: SourceOptions
  range: ReplayRange
  /** The data folder that is compared with, or written to. */
  data: string
  /** The prefix of the tables of the AWS home that are compared with, repaired or shadowed, in place of a folder. */
  dynamodb: string | null
  threads: number
  /** Where the report goes as JSON; `-` is the standard output, which then has nothing else. */
  json: string | null
  /** Where poison is set aside, as NDJSON. */
  aside: string | null
  /** Of `shadow`, the name of what it writes; of `verify`, the shadow that is compared with, null for what is live. */
  table: string | null
  /** Where `restream` puts the records. */
  into: IntoOptions | null
  /** Times real time; null: as fast as it takes. */
  speed: number | null
  /** Records a second; null: as many as it takes. */
  rate: number | null
  dry_run: boolean
  /** Nobody is asked. */
  yes: boolean
  /** Rows that it may write, in place of a dry run that finds out. */
  most: number | null
  /** Keeps how far it has come, and goes on from there. */
  checkpoint: string | null
}

type Flags = PlaceFlags &
  RangeFlags & {
    threads?: number
    json?: string
    aside?: string
    table?: string
    dynamodb?: string
    rate?: number
    dryRun?: true
    yes?: true
    most?: number
    checkpoint?: string
  }

/** `argv` without node and the script. Throws `BadFlags`, or `HelpAsked`. */
export function parseReplayOptions(argv: string[], write: (text: string) => void): ReplayOptions {
  const command = parseFlags(describeCommand(write), argv)
  return checkFlags(command.args, command.opts<Flags>())
}

/** Throws `BadFlags` with one line, or `HelpAsked`. */
export function parseFlags(command: Command, argv: string[]): Command {
  try {
    return command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new HelpAsked()
    throw new BadFlags(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
}

function describeCommand(write: (text: string) => void): Command {
  return new Command('npm run replay --')
    .usage('<mode> <source> [options]')
    .description('Reads history again: prints it, holds it against what is stored, repairs, or sends it on.')
    .argument('<mode>', MODES.join(', '))
    .argument('[table]', 'of shadow: the name of what it writes')
    .helpOption('-h, --help', 'this text')
    .option('--log <dir>', 'source: the log of a data folder; its server may run')
    .option('--file <path>', 'source: records as NDJSON, plain or gzipped')
    .option('--kinesis <stream>', 'source: a Kinesis data stream, up to what is on it now')
    .option(
      '--failed <where>',
      'source: what was given up, in s3://bucket/prefix or a folder; or "quarantine"',
    )
    .option('--archive <where>', 'source: the archive of a data folder, or s3://bucket/prefix')
    .addOption(scratch())
    .option('--shard <id>', 'one shard of the stream')
    .option('--after-sequence <n>', 'of that shard, what follows this sequence number')
    .option('--endpoint <url>', 'of Kinesis or S3, where it is not AWS’s own')
    .option('--data <dir>', 'the data folder to compare with (default: that of --log, else data/pilotline)')
    .option(
      '--dynamodb <prefix>',
      'verify, repair, shadow: the tables of the AWS home, such as pilotline-small-',
    )
    .addOption(time('--from <time>', 'what happened from then on'))
    .addOption(time('--to <time>', 'what happened before'))
    .addOption(margin())
    .option('--device <id>', 'of one device')
    .option('--location <name>', 'at one location')
    .option('--type <event_type>', 'of one type, such as state_change; config, until and pair too')
    .addOption(new Option('--threads <n>', 'for verify (default: one a core)').argParser(readThreads))
    .option('--json <file>', 'the report as JSON; - is the standard output')
    .option('--aside <file>', 'where records that cannot be read are set aside')
    .option('--table <name>', 'verify: a shadow to compare with, in place of what is live')
    .option('--into <dir>', 'restream: the data folder whose log takes the records; its server is stopped')
    .option('--into-stream <stream>', 'restream: the Kinesis data stream that takes the records')
    .addOption(number('--speed <n>', 'restream: times real time (default: as fast as it takes)', 1_000_000))
    .addOption(number('--rate <n>', 'at most so many records a second', 10_000_000))
    .option('--dry-run', 'says what would be written, rows and dollars, and writes nothing')
    .addOption(number('--most <rows>', 'may write so many, and makes no dry run first', 1e12))
    .option('--yes', 'asks nobody')
    .option('--checkpoint <file>', 'keeps how far it has come, and goes on from there')
    .addHelpText('after', REPLAY_HELP)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride()
}

function checkFlags([mode, named]: string[], flags: Flags): ReplayOptions {
  if (!isMode(mode)) throw new BadFlags(`${JSON.stringify(mode)} is no mode: there are ${MODES.join(', ')}`)
  const source = sourceOf(flags)
  const range = rangeOf(flags)
  if (FOLDING.has(mode) && range.type !== null)
    throw new BadFlags(`--type is not for ${mode}: what a device comes to follows from all that it said`)
  const data = resolve(flags.data ?? (source.kind === 'log' ? source.folder : join('data', 'pilotline')))
  const { json = null, aside = null, speed = null, rate = null, most = null, checkpoint = null } = flags
  if (mode === 'print' && json !== null) throw new BadFlags('--json is not for print: its lines are JSON')
  const writes = mode !== 'print' && mode !== 'verify'
  if (!writes && (flags.dryRun || most !== null)) throw new BadFlags(`${mode} writes nothing`)
  if (checkpoint !== null && (mode === 'verify' || mode === 'shadow'))
    throw new BadFlags(`--checkpoint is not for ${mode}, which has to begin at the beginning`)
  return {
    mode,
    source,
    range,
    data,
    dynamodb: tablesOf(mode, flags),
    threads: flags.threads ?? availableParallelism(),
    json,
    aside,
    table: tableOf(mode, named, flags),
    into: mode === 'restream' ? intoOf(source, flags) : noInto(flags),
    speed,
    rate,
    dry_run: flags.dryRun ?? false,
    yes: flags.yes ?? false,
    most,
    checkpoint,
  }
}

function tablesOf(mode: Mode, { dynamodb, data }: Flags): string | null {
  if (dynamodb === undefined) return null
  if (mode !== 'verify' && mode !== 'repair' && mode !== 'shadow')
    throw new BadFlags('--dynamodb is for verify, repair and shadow')
  if (data !== undefined) throw new BadFlags('--dynamodb excludes --data')
  if (!/^[\w.-]{1,100}$/.test(dynamodb))
    throw new BadFlags(`--dynamodb: ${JSON.stringify(dynamodb)} is no prefix of tables`)
  return dynamodb
}

/** Modes in which devices are folded. */
const FOLDING: ReadonlySet<Mode> = new Set(['verify', 'shadow'])

function tableOf(mode: Mode, named: string | undefined, { table }: Flags): string | null {
  if (mode === 'shadow' && named === undefined)
    throw new BadFlags('shadow needs the name of what it is to write')
  if (mode !== 'shadow' && named !== undefined)
    throw new BadFlags(`${JSON.stringify(named)} is one word too many for ${mode}`)
  if (table !== undefined && mode !== 'verify') throw new BadFlags('--table is for verify')
  const name = named ?? table ?? null
  if (name !== null && !/^[\w-]{1,40}$/.test(name))
    throw new BadFlags(`${JSON.stringify(name)} is no name: letters, digits, _ and -, at most 40`)
  return name
}

function noInto({ into, intoStream, speed }: Flags): null {
  if (into !== undefined || intoStream !== undefined) throw new BadFlags('--into is for restream')
  if (speed !== undefined) throw new BadFlags('--speed is for restream')
  return null
}

function isMode(mode: string | undefined): mode is Mode {
  return MODES.some((one) => one === mode)
}

export type RangeFlags = {
  from?: number
  to?: number
  margin: number
  device?: string
  location?: string
  type?: string
}

export function rangeOf(flags: RangeFlags): ReplayRange {
  const { from = 0, to = EVERYTHING.to, margin, device, location, type } = flags
  if (from >= to) throw new BadFlags('--from is not before --to')
  const [device_id, ...others] = [device ?? null, location ?? null, type ?? null]
  return { from, to, margin_ms: margin, device_id, location: others[0] ?? null, type: others[1] ?? null }
}

function number(flags: string, description: string, most: number): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text)
    if (!/^\d{1,13}(\.\d{1,6})?$/.test(text) || value <= 0 || value > most)
      throw new InvalidArgumentError(`It is a number above 0 and up to ${most}.`)
    return value
  })
}

export function time(flags: string, description: string): Option {
  return new Option(flags, `${description}; epoch ms, ISO 8601 with its offset, or a day of UTC`).argParser(
    readTime,
  )
}

function readTime(text: string): number {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text)
  const ms = /^\d{12,13}$/.test(text) ? Number(text) : parseIsoTime(isDay ? `${text}T00:00Z` : text)
  if (ms === null)
    throw new InvalidArgumentError('It is neither epoch ms, an ISO 8601 time with its offset, nor a day.')
  return ms
}

export function scratch(): Option {
  return number(
    '--scratch-mb <n>',
    'of an archive in a bucket, what may lie here at once (default: 4000)',
    1e9,
  )
}

export function margin(): Option {
  return new Option('--margin <span>', 'how late it may have come in: 90s, 30m, 12h, 7d')
    .argParser(readSpan)
    .default(EVERYTHING.margin_ms, '7d')
}

const SPANS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function readSpan(text: string): number {
  const parts = /^(\d{1,6})([smhd])$/.exec(text)
  if (!parts) throw new InvalidArgumentError('It is a number of s, m, h or d, such as 12h.')
  return Number(parts[1]) * (SPANS[parts[2] as string] as number)
}

export function readThreads(text: string): number {
  const threads = Number(text)
  if (!/^\d{1,2}$/.test(text) || threads < 1 || threads > 64)
    throw new InvalidArgumentError('It is a whole number from 1 to 64.')
  return threads
}
