/** `npm run move`, from its flags to its exit code. */
import { existsSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { RETRIES } from '../adapters/aws-retry.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import { createKinesisClient } from '../adapters/kinesis-client.ts'
import { kinesisAppend } from '../adapters/kinesis-log.ts'
import { streamFlaw } from '../adapters/kinesis-stream.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { DatabaseRefused } from '../adapters/sqlite-open.ts'
import { filesOf } from '../embedded/folder.ts'
import type { EventLog } from '../events/ports.ts'
import { type MoveReport, moveLog } from '../processors/move-log.ts'
import { BadFlags, HelpAsked } from './import-options.ts'
import { count } from './live-line.ts'
import { type MoveOptions, parseMoveOptions } from './move-options.ts'
import { BadPlace, movePlace } from './move-place.ts'

/** Where text goes. `tty` is a terminal that progress may be drawn on, or null. */
export type MoveStreams = {
  out: (text: string) => void
  err: (text: string) => void
  tty: NodeJS.WritableStream | null
}

/** The move cannot begin; the message is one line for a person. */
class MoveRefused extends Error {}

/** Runs one move and says how it went. Rejects for a bug only. */
export async function runMove(argv: string[], streams: MoveStreams): Promise<0 | 1 | 2> {
  try {
    const options = parseMoveOptions(argv, streams.out)
    const report = await move(options, streams)
    streams.out(`${formatReport(report, options)}\n`)
    return 0
  } catch (error) {
    if (error instanceof HelpAsked) return 0
    const reason = (error as Error).message
    if (error instanceof InfrastructureError) {
      streams.err(`move: broken off: ${reason}; run it again, it goes on where it was\n`)
      return 1
    }
    const hint = error instanceof BadFlags ? ' (--help says which flags there are)' : ''
    if (![BadFlags, BadPlace, MoveRefused, DatabaseRefused].some((kind) => error instanceof kind)) throw error
    streams.err(`move: ${reason}${hint}\n`)
    return 2
  }
}

async function move(options: MoveOptions, streams: MoveStreams): Promise<MoveReport> {
  const { data, stream, dry_run } = options
  const file = filesOf(data).log
  if (!existsSync(file)) throw new MoveRefused(`${data} holds no log; --data DIR names another folder`)
  // To read only: the server may go on writing.
  const log = sqliteLog(file, { readonly: true })
  try {
    const place = movePlace(data, stream)
    const from = options.from ?? place.read()
    const to = await log.tail()
    refuseAhead(options, from, to)
    await refuseGap(log, options, from)
    const bar = createBar(streams.tty, Number(to) - Number(from))
    try {
      return await moveLog(
        { from, to },
        {
          read: log.read,
          append: dry_run ? async () => {} : await appendTo(stream),
          keep: async (position) => {
            if (!dry_run) place.write(position)
          },
          onRecords: (records) => bar?.increment(records),
        },
      )
    } finally {
      bar?.stop()
    }
  } finally {
    log.close()
  }
}

/** A log that has been lost, or put back from an earlier day, has positions again that were moved before as others. */
function refuseAhead({ from: asked }: MoveOptions, from: string, to: string): void {
  if (Number(from) <= Number(to)) return
  const why =
    asked === null
      ? `, and the last move at ${Number(from)}: it is another log; --from 0 moves all of it`
      : ''
  throw new MoveRefused(`the log ends at ${Number(to)}${why}`)
}

/** A log that no longer begins with its first record cannot be moved whole: whoever moves the rest has to say so. */
async function refuseGap(
  log: Pick<EventLog, 'read'>,
  { from: asked }: MoveOptions,
  from: string,
): Promise<void> {
  if (asked !== null && asked !== '') return
  const [next] = await log.read(from, 1)
  if (!next || Number(next.position) === Number(from) + 1) return
  const before = Number(next.position) - 1
  throw new MoveRefused(
    `the log begins at ${before + 1}, what was before it is archived; --from ${before} moves what is there`,
  )
}

/** More patient than a Lambda: a shard takes 1,000 records a second, and a log may have a year of them. */
const PATIENT = { ...RETRIES, attempts: 20, most_ms: 5_000 }

async function appendTo(stream: string): Promise<EventLog['append']> {
  let flaw: string | null
  try {
    const client = createKinesisClient()
    flaw = await streamFlaw(client, stream)
    if (flaw === null) return kinesisAppend({ client, stream, retries: PATIENT })
  } catch (error) {
    flaw = (error as Error).message
  }
  throw new MoveRefused(`the stream ${stream} cannot be used: ${flaw}`)
}

function createBar(tty: NodeJS.WritableStream | null, total: number): SingleBar | null {
  if (!tty || total <= 0) return null
  const format = 'moving {bar} {percentage} %, {value} of {total} records, {eta_formatted} left'
  const bar = new SingleBar({ format, stream: tty, hideCursor: true, barsize: 30 })
  bar.start(total, 0)
  return bar
}

function formatReport(report: MoveReport, { stream, dry_run }: MoveOptions): string {
  const { records, bytes, first_received_at, last_received_at, position } = report
  if (first_received_at === null || last_received_at === null)
    return `nothing to move: the log ends at ${Number(position)}`
  const period = `received from ${new Date(first_received_at).toISOString()} to ${new Date(last_received_at).toISOString()}`
  const what = `${count(records)} records (${count(bytes / 1000)} kB) ${dry_run ? 'would go' : 'are'} on ${stream}`
  const end = dry_run ? 'a dry run: nothing was moved' : `the next move goes on after ${Number(position)}`
  return `${what}, ${period}\n${end}`
}
