/** The flags of `npm run replay`, read and checked. */
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseIsoTime } from '../events/timestamp.ts'
import { EVERYTHING, type ReplayRange } from '../processors/replay-source.ts'
import { REPLAY_HELP } from './replay-help.ts'

export const MODES = ['print', 'verify'] as const
export type Mode = (typeof MODES)[number]

export type SourceOptions = { kind: 'log'; folder: string } | { kind: 'file'; path: string }

export type ReplayOptions = {
  mode: Mode
  source: SourceOptions
  range: ReplayRange
  /** The data folder that is compared with, or written to. */
  data: string
  threads: number
  /** Where the report goes as JSON; `-` is the standard output, which then has nothing else. */
  json: string | null
  /** Where poison is set aside, as NDJSON. */
  aside: string | null
}

/** The flags cannot be followed; the message is one line for a person. */
export class BadFlags extends Error {}
/** Everything asked for was the help text; it has been written. */
export class HelpAsked extends Error {}

type Flags = {
  log?: string
  file?: string
  data?: string
  from?: number
  to?: number
  margin: number
  device?: string
  location?: string
  type?: string
  threads?: number
  json?: string
  aside?: string
}

/** `argv` without node and the script. Throws `BadFlags`, or `HelpAsked`. */
export function parseReplayOptions(argv: string[], write: (text: string) => void): ReplayOptions {
  const command = describeCommand(write)
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new HelpAsked()
    throw new BadFlags(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
  return checkFlags(command.args, command.opts<Flags>())
}

function describeCommand(write: (text: string) => void): Command {
  return new Command('npm run replay --')
    .usage('<mode> <source> [options]')
    .description('Reads history again: prints it, holds it against what is stored, repairs, or sends it on.')
    .argument('<mode>', MODES.join(', '))
    .helpOption('-h, --help', 'this text')
    .option('--log <dir>', 'source: the log of a data folder; its server may run')
    .option('--file <path>', 'source: records as NDJSON, plain or gzipped')
    .option('--data <dir>', 'the data folder to compare with (default: that of --log, else data/pilotline)')
    .addOption(time('--from <time>', 'what happened from then on'))
    .addOption(time('--to <time>', 'what happened before'))
    .addOption(
      new Option('--margin <span>', 'how late it may have come in: 90s, 30m, 12h, 7d')
        .argParser(readSpan)
        .default(EVERYTHING.margin_ms, '7d'),
    )
    .option('--device <id>', 'of one device')
    .option('--location <name>', 'at one location')
    .option('--type <event_type>', 'of one type, such as state_change; config, until and pair too')
    .addOption(new Option('--threads <n>', 'for verify (default: one a core)').argParser(readThreads))
    .option('--json <file>', 'the report as JSON; - is the standard output')
    .option('--aside <file>', 'where records that cannot be read are set aside')
    .addHelpText('after', REPLAY_HELP)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride()
}

function checkFlags([mode]: string[], flags: Flags): ReplayOptions {
  if (!isMode(mode)) throw new BadFlags(`${JSON.stringify(mode)} is no mode: there are ${MODES.join(', ')}`)
  const source = sourceOf(flags)
  const range = rangeOf(flags)
  if (mode === 'verify' && range.type !== null)
    throw new BadFlags('--type is not for verify: what a device comes to follows from all that it said')
  const data = resolve(flags.data ?? (source.kind === 'log' ? source.folder : join('data', 'pilotline')))
  const { json = null, aside = null } = flags
  if (mode === 'print' && json !== null) throw new BadFlags('--json is not for print: its lines are JSON')
  return { mode, source, range, data, threads: flags.threads ?? availableParallelism(), json, aside }
}

function isMode(mode: string | undefined): mode is Mode {
  return MODES.some((one) => one === mode)
}

function sourceOf({ log, file }: Flags): SourceOptions {
  const sources: SourceOptions[] = []
  if (log !== undefined) sources.push({ kind: 'log', folder: resolve(log) })
  if (file !== undefined) sources.push({ kind: 'file', path: resolve(file) })
  const [source] = sources
  if (!source || sources.length > 1) throw new BadFlags('give one source: --log DIR or --file PATH')
  return source
}

function rangeOf({ from = 0, to = EVERYTHING.to, margin, device, location, type }: Flags): ReplayRange {
  if (from >= to) throw new BadFlags('--from is not before --to')
  const [device_id, ...others] = [device ?? null, location ?? null, type ?? null]
  return { from, to, margin_ms: margin, device_id, location: others[0] ?? null, type: others[1] ?? null }
}

function time(flags: string, description: string): Option {
  return new Option(flags, `${description}; epoch ms, or ISO 8601 with its offset`).argParser(readTime)
}

function readTime(text: string): number {
  const ms = /^\d{12,13}$/.test(text) ? Number(text) : parseIsoTime(text)
  if (ms === null)
    throw new InvalidArgumentError('It is neither epoch ms nor an ISO 8601 time with its offset.')
  return ms
}

const SPANS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function readSpan(text: string): number {
  const parts = /^(\d{1,6})([smhd])$/.exec(text)
  if (!parts) throw new InvalidArgumentError('It is a number of s, m, h or d, such as 12h.')
  return Number(parts[1]) * (SPANS[parts[2] as string] as number)
}

function readThreads(text: string): number {
  const threads = Number(text)
  if (!/^\d{1,2}$/.test(text) || threads < 1 || threads > 64)
    throw new InvalidArgumentError('It is a whole number from 1 to 64.')
  return threads
}
