/** `npm run replay`, from its flags to its exit code. */
import { existsSync } from 'node:fs'
import { appendFile, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { recordLine } from '../adapters/ndjson-records.ts'
import { DatabaseRefused } from '../adapters/sqlite-open.ts'
import { type SqliteStored, sqliteStored } from '../adapters/sqlite-stored.ts'
import { CONSUMER, filesOf } from '../embedded/folder.ts'
import { count, verifyLines } from '../processors/replay-report.ts'
import { selectRecords } from '../processors/replay-select.ts'
import { type Poison, SourceRefused } from '../processors/replay-source.ts'
import { verify } from '../processors/replay-verify.ts'
import { StoppedShort } from '../processors/replay-write.ts'
import { BadFlags, HelpAsked } from './import-options.ts'
import { openTables, repairingTables, shadowingTables } from './replay-dynamodb.ts'
import { type BeginAt, threadedFold } from './replay-fold.ts'
import { repairing, restreaming, shadowing, shadowPath } from './replay-modes.ts'
import { type OpenedSource, openSource, prunedBefore } from './replay-open.ts'
import { parseReplayOptions, type ReplayOptions } from './replay-options.ts'
import { createBars, type ReplayStreams, shardBars } from './replay-output.ts'
import { marginText, rangeText } from './replay-range-text.ts'
import { runWriting } from './replay-writing.ts'

export type ExitCode = 0 | 1 | 2

/** Runs one replay and says how it went. Rejects for a bug only. */
export async function runReplay(argv: string[], streams: ReplayStreams): Promise<ExitCode> {
  try {
    const options = parseReplayOptions(argv, (text) => void streams.out.write(text))
    const aside = createAside(options, streams)
    const code = await runMode(options, streams, aside)
    await aside.end()
    return code
  } catch (error) {
    if (error instanceof HelpAsked) return 0
    const known = [BadFlags, SourceRefused, StoppedShort].some((kind) => error instanceof kind)
    if (!known && !isOfSystem(error)) throw error
    const help = error instanceof BadFlags ? ' (--help says which flags there are)' : ''
    streams.err(`replay: ${(error as Error).message}${help}\n`)
    return 2
  }
}

async function runMode(options: ReplayOptions, streams: ReplayStreams, aside: Aside): Promise<ExitCode> {
  const { mode } = options
  if (mode === 'print') return runPrint(options, streams, aside)
  if (mode === 'verify') return runVerify(options, streams, aside)
  const tell = (line: string) => void streams.err(`replay: ${line}\n`)
  const here = { repair: repairing, shadow: shadowing, restream: restreaming }
  const onAws = { ...here, repair: repairingTables, shadow: shadowingTables }
  const writing = await (options.dynamodb === null ? here : onAws)[mode](options, tell)
  try {
    return await runWriting({ options, streams, onPoison: aside.put }, writing)
  } finally {
    writing.close()
  }
}

/** What Node says of files and sockets: a full disk, a name that is none. */
function isOfSystem(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException | null)?.syscall === 'string'
}

type Aside = { put(poison: Poison): void; end(): Promise<void> }

/** Each record once, whoever met it. Said at the end, and kept in a file where one is named. */
function createAside({ aside: path }: ReplayOptions, streams: ReplayStreams): Aside {
  const met = new Map<string, Poison>()
  return {
    put: (poison) => void met.set(poison.position, poison),
    end: async () => {
      if (met.size === 0) return
      const all = [...met.values()].sort((a, b) => (a.position < b.position ? -1 : 1))
      if (path !== null) await appendFile(path, all.map((one) => `${JSON.stringify(one)}\n`).join(''))
      const first = all[0] as Poison
      const where = path === null ? '; --aside FILE keeps them' : `: see ${path}`
      streams.err(
        `replay: ${count(all.length)} set aside, the first at ${first.position}: ${first.reason}${where}\n`,
      )
    },
  }
}

async function runPrint(options: ReplayOptions, streams: ReplayStreams, aside: Aside): Promise<ExitCode> {
  const { source, range } = options
  const bars = createBars(streams.tty, () => performance.now())
  let read = 0
  let printed = 0
  const onRead = (now: number) => {
    read = now
    if (opened) show(opened)
  }
  const show = ({ total }: OpenedSource) => {
    if (source.kind !== 'kinesis') bars.set('print', read, total, printed)
  }
  let opened: OpenedSource | null = null
  opened = await openSource({
    source,
    range,
    until: null,
    onPoison: aside.put,
    onRead,
    onShard: shardBars(bars),
  })
  try {
    for await (const { records } of selectRecords(opened.source, range)) {
      const more = streams.out.write(records.map((record) => `${recordLine(record)}\n`).join(''))
      if (more === false) await drained(streams.out)
      printed += records.length
      show(opened)
    }
  } finally {
    bars.end()
    opened.close()
  }
  return 0
}

/** A slow reader of the pipe is waited for. */
async function drained(out: ReplayStreams['out']): Promise<void> {
  if (out instanceof process.stdout.constructor)
    await new Promise((resolve) => process.stdout.once('drain', resolve))
}

async function runVerify(options: ReplayOptions, streams: ReplayStreams, aside: Aside): Promise<ExitCode> {
  const { source, range, json, data, table, dynamodb } = options
  const path = table === null ? filesOf(data).hot : shadowPath(data, table)
  const stored = dynamodb === null ? openStored(path) : openTables(dynamodb, table)
  const bars = createBars(streams.tty, () => performance.now())
  const onRead = (share: number, read: number, total: number | null, records: number) =>
    bars.set(`thread ${share + 1}`, read, total, records)
  const own = table === null && dynamodb === null && source.kind === 'log' && source.folder === data
  try {
    // Of its own log as far as the charts have come, and no further.
    const until = own ? stored.position(CONSUMER) : null
    const begin = await beginOf(options, dynamodb === null ? { path } : stored.history)
    const threads = threadsOf(options, begin)
    const plan = { source, until, range, threads, onPoison: aside.put, onRead }
    const fold = threadedFold({ ...plan, ...(begin && { begin }) })
    const device_ids = source.kind === 'log' ? stored.deviceIds() : []
    const ports = { fold, stored: stored.things, device_ids, lacking_ms: begin?.lacking_ms ?? null }
    const { report, figures } = await verify(ports, range)
    bars.end()
    const late = marginText(range)
    if (report.records === 0 && report.vanish > 0 && late !== '')
      throw new SourceRefused(
        `nothing was read ${rangeText(range)}, and ${report.vanish} are stored: ${late}`,
      )
    const text = `${JSON.stringify(report, null, 1)}\n`
    if (json !== null && json !== '-') await writeFile(json, text)
    streams.out.write(json === '-' ? text : `${verifyLines(report).join('\n')}\n`)
    const whole = figures.reduce((sum, one) => sum + one.whole, 0)
    if (whole > 0 && streams.tty) streams.err(`${count(whole)} devices took the processor itself\n`)
    if (report.vanish > 0 && late !== '') streams.err(`replay: ${late}\n`)
    return report.differences.length > 0 ? 1 : 0
  } finally {
    bars.end()
    stored.close()
  }
}

function threadsOf({ source, threads }: ReplayOptions, begin: BeginAt | null): number {
  // A shard may be read so often a second, whoever reads: one thread does.
  if (source.kind === 'kinesis') return 1
  return begin && !('path' in begin.stored) ? 1 : threads
}

/** A log that was pruned, and a stream, lack what came long ago; of a file that may be, where only a part of it is asked for. */
async function beginOf({ source, range }: ReplayOptions, stored: BeginAt['stored']): Promise<BeginAt | null> {
  if (source.kind === 'log') {
    const pruned = await prunedBefore(source)
    return pruned && { stored, lacking_ms: pruned.received_ms }
  }
  const mayLack = source.kind === 'kinesis' || (source.kind === 'file' && range.from > 0)
  return mayLack ? { stored, lacking_ms: null } : null
}

function openStored(path: string): SqliteStored {
  if (!existsSync(path))
    throw new SourceRefused(`${dirname(path)} is no data folder: there is no ${basename(path)}`)
  try {
    return sqliteStored(path)
  } catch (error) {
    if (error instanceof DatabaseRefused) throw new SourceRefused(error.message, { cause: error })
    throw error
  }
}
