/** What every writing mode has in common: says first, asks, goes on from a checkpoint, and stops where it is told to. */
import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { rowsOf } from '../processors/replay-cost.ts'
import { count } from '../processors/replay-report.ts'
import { selectRecords } from '../processors/replay-select.ts'
import type { Poison, ReplayBatch } from '../processors/replay-source.ts'
import { createPlaces, type Guard, type ReplayFigures, StoppedShort } from '../processors/replay-write.ts'
import { writeLines, writeReport } from '../processors/replay-write-report.ts'
import { openCheckpoint } from './replay-checkpoint.ts'
import { openSource } from './replay-open.ts'
import type { ReplayOptions } from './replay-options.ts'
import { createBars, type ReplayStreams, shardBars } from './replay-output.ts'

/** How a mode writes. `said` is what a dry run has found, null where none was made. */
export type Writing = {
  /** The position behind which a log is not read; null, or not there: its end. */
  until?: () => Promise<string | null>
  /** Writes nothing that lasts. */
  dryRun(batches: AsyncIterable<ReplayBatch>, done: Done): Promise<ReplayFigures>
  write(batches: AsyncIterable<ReplayBatch>, done: Done, guard: Guard): Promise<ReplayFigures>
}

export type Done = (batch: ReplayBatch, figures: ReplayFigures) => void

export type WritingContext = {
  options: ReplayOptions
  streams: ReplayStreams
  onPoison: (poison: Poison) => void
}

export async function runWriting(context: WritingContext, writing: Writing): Promise<0 | 1 | 2> {
  const { options, streams } = context
  const { mode, dry_run, most } = options
  const until = (await writing.until?.()) ?? null
  const report = mode as 'repair' | 'restream' | 'shadow'
  let most_rows = most
  if (dry_run || most_rows === null) {
    const said = await readThrough(context, 'dry run', until, writing.dryRun)
    most_rows = rowsOf(said)
    if (dry_run) {
      await tell(context, writeReport(report, true, said))
      return most_rows > 0 ? 1 : 0
    }
    if (most_rows > 0) {
      streams.err(
        `${writeLines(writeReport(report, true, said), isPaid(options))
          .slice(0, -1)
          .join('\n')}\n`,
      )
      if (!(await mayGoOn(context, 'Go on?'))) throw new StoppedShort('nothing was written')
    }
  }
  const guard: Guard = {
    most_rows,
    ask: async (figures) => {
      const would = `it would write more than the ${count(guard.most_rows)} rows it said: ${count(rowsOf(figures))} so far`
      if (await mayGoOn(context, `${would}. Go on?`)) return Number.POSITIVE_INFINITY
      throw new StoppedShort(would)
    },
  }
  const write: Writing['dryRun'] = (batches, done) => writing.write(batches, done, guard)
  const written = await readThrough(context, mode, until, write, true)
  await tell(context, writeReport(report, false, written))
  return 0
}

function isPaid({ dynamodb, into }: ReplayOptions): boolean {
  return dynamodb !== null || into?.kind === 'stream'
}

/** Somebody at a terminal is asked; a pipe cannot be, and has `--yes` instead. */
async function mayGoOn({ options, streams }: WritingContext, question: string): Promise<boolean> {
  if (options.yes) return true
  if (streams.ask) return streams.ask(question)
  streams.err(`replay: ${question} --yes says yes\n`)
  return false
}

async function readThrough(
  { options, streams, onPoison }: WritingContext,
  name: string,
  until: string | null,
  run: Writing['dryRun'],
  kept = false,
): Promise<ReplayFigures> {
  const bars = createBars(streams.tty, () => performance.now())
  let read = 0
  const checkpoint = openCheckpoint(options)
  const places = createPlaces(checkpoint.from)
  const onRead = (now: number) => {
    read = now
  }
  const { source, range, rate } = options
  // What is folded by itself needs the configurations that were set before.
  const in_force = options.mode === 'shadow'
  const opened = await openSource({
    source,
    range: in_force ? { ...range, from: 0 } : range,
    until,
    after: checkpoint.from,
    onPoison,
    onRead,
    onShard: shardBars(bars),
  })
  try {
    const selected = stoppable(atRate(selectRecords(opened.source, range, { in_force }), rate), streams.stop)
    const figures = await run(selected, (batch, figures) => {
      if (source.kind !== 'kinesis') bars.set(name, read, opened.total, figures.records)
      if (kept) checkpoint.keep(places.done(batch))
    })
    if (kept) checkpoint.finish()
    return figures
  } finally {
    bars.end()
    opened.close()
  }
}

async function* stoppable(batches: AsyncIterable<ReplayBatch>, stop: AbortSignal | undefined) {
  for await (const batch of batches) {
    if (stop?.aborted) throw new StoppedShort('stopped; a replay with --checkpoint goes on where it was')
    yield batch
  }
}

async function* atRate(batches: AsyncIterable<ReplayBatch>, rate: number | null) {
  const began = performance.now()
  let records = 0
  for await (const batch of batches) {
    if (rate !== null) {
      const wait_ms = began + (records / rate) * 1_000 - performance.now()
      if (wait_ms > 0) await sleep(wait_ms)
      records += batch.records.length
    }
    yield batch
  }
}

async function tell(
  { options, streams }: WritingContext,
  report: ReturnType<typeof writeReport>,
): Promise<void> {
  const { json } = options
  const text = `${JSON.stringify(report, null, 1)}\n`
  if (json !== null && json !== '-') await writeFile(json, text)
  streams.out.write(json === '-' ? text : `${writeLines(report, isPaid(options)).join('\n')}\n`)
}
