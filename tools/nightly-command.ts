/** The night by hand: flags in, the state machine over a folder, figures out. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import cliProgress from 'cli-progress'
import { Command, CommanderError } from 'commander'
import { FolderInUse, FolderUnusable } from '../adapters/sqlite-lock.ts'
import { DatabaseRefused } from '../adapters/sqlite-open.ts'
import { filesOf } from '../embedded/folder.ts'
import { nightOf } from '../embedded/night-home.ts'
import { NightFailed, type NightProgress } from '../embedded/run-night.ts'
import type { Logger } from '../events/ports.ts'
import { BadNight } from '../workflows/night-ports.ts'

export type NightlyStreams = {
  stdout: { write(text: string): unknown }
  stderr: NodeJS.WriteStream | { write(text: string): unknown; isTTY?: boolean }
  /** Epoch ms. */
  now?: () => number
}

const EXPLANATION = `
What has landed up to the end of the day is put in its place by device and event time, verified against what went in,
compared with the log, and told in a manifest (DIR/archive/manifests/). The running system does the same every night by
itself; beside it, or without it, this is safe to run, and to run again.

Examples:
  npm run nightly -- --day 2026-11-20
  npm run nightly -- --day 2026-11-20 --data /srv/pilotline

Exit codes: 0 done, 1 a batch failed or a record is missing (nothing of it has gone), 2 it could not begin
`

/** Resolves with the exit code. */
export async function runNightly(argv: string[], streams: NightlyStreams): Promise<number> {
  const flags = parse(argv, streams)
  if (typeof flags === 'number') return flags
  const data = resolve(flags.data)
  if (!existsSync(filesOf(data).log)) {
    streams.stderr.write(`pilotline: --data: ${data} holds no log\n`)
    return 2
  }
  const bar = createBar(streams)
  try {
    const now = streams.now ?? Date.now
    const done = await nightOf({
      data,
      day: flags.day,
      now,
      logger: plainLogger(streams),
      onProgress: bar.show,
    })
    bar.end()
    const figures = { day: flags.day, rows: done.rows, copies: done.copies, partitions: done.partitions }
    streams.stdout.write(`${JSON.stringify(figures)}\n`)
    return 0
  } catch (error) {
    bar.end()
    const { message } = error as Error
    if (error instanceof NightFailed) {
      const manifest = join(filesOf(data).archive, 'manifests', `${flags.day}.json`)
      streams.stderr.write(`pilotline: ${message}${existsSync(manifest) ? ` (${manifest})` : ''}\n`)
      return 1
    }
    if (!isRefusal(error)) throw error
    streams.stderr.write(
      `pilotline: ${error instanceof BadNight ? message.replace(/^day/, '--day') : message}\n`,
    )
    return 2
  }
}

function isRefusal(error: unknown): boolean {
  return [BadNight, FolderInUse, FolderUnusable, DatabaseRefused].some((kind) => error instanceof kind)
}

function parse(argv: string[], { stdout, stderr }: NightlyStreams): { day: string; data: string } | number {
  const command = new Command('npm run nightly --')
    .description('Runs the night of one day (UTC) over the archive of a data folder.')
    .helpOption('-h, --help', 'this text')
    .requiredOption('--day <date>', 'the day, such as 2026-11-20; it must be over')
    .option('--data <dir>', 'the data folder', join('data', 'pilotline'))
    .addHelpText('after', EXPLANATION)
    .allowExcessArguments(false)
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => {} })
    .exitOverride()
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    const reason = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
    stderr.write(`pilotline: ${reason} (--help says which flags there are)\n`)
    return 2
  }
  return command.opts<{ day: string; data: string }>()
}

/** On a terminal a bar over the batches; in a pipe nothing. */
function createBar({ stderr }: NightlyStreams): { show(progress: NightProgress): void; end(): void } {
  if (!('isTTY' in stderr) || !stderr.isTTY) return { show: () => {}, end: () => {} }
  const bar = new cliProgress.SingleBar({
    format: '{step} {bar} {value}/{total} batches, {duration_formatted}',
    stream: stderr as NodeJS.WriteStream,
    clearOnComplete: true,
    hideCursor: true,
  })
  let started = false
  return {
    show: ({ step, batches, done }) => {
      const total = Math.max(1, batches)
      if (!started) bar.start(total, 0, { step })
      started = true
      bar.setTotal(total)
      bar.update(done, { step: step.padEnd(9) })
    },
    end: () => bar.stop(),
  }
}

function plainLogger({ stderr }: NightlyStreams): Logger {
  const say = (message: string, fields: Record<string, unknown> = {}) =>
    void stderr.write(`pilotline: ${message} ${JSON.stringify(fields)}\n`)
  return { info: () => {}, warn: say, error: say }
}
