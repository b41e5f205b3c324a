/** The night by hand: flags in, the state machine over a folder or on AWS, figures out. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import cliProgress from 'cli-progress'
import { Command, CommanderError } from 'commander'
import type { NightFigures } from '../adapters/sfn-nights.ts'
import { FolderInUse, FolderUnusable } from '../adapters/sqlite-lock.ts'
import { DatabaseRefused } from '../adapters/sqlite-open.ts'
import { filesOf } from '../embedded/folder.ts'
import { nightOf } from '../embedded/night-home.ts'
import { NightFailed, type NightProgress } from '../embedded/run-night.ts'
import type { Logger } from '../events/ports.ts'
import { stageOf } from '../infra/stages.ts'
import type { Finished } from '../workflows/finish-night.ts'
import { BadNight } from '../workflows/night-ports.ts'
import type { NightStep } from '../workflows/night-tasks.ts'
import { checkDay } from '../workflows/plan-night.ts'
import { NightRefused, nightOnStage, StageNightFailed } from './nightly-stage.ts'

export type NightlyStreams = {
  stdout: { write(text: string): unknown }
  stderr: NodeJS.WriteStream | { write(text: string): unknown; isTTY?: boolean }
  /** Epoch ms. */
  now?: () => number
  /** Waits between two looks at a night on AWS. */
  look_ms?: number
}

const EXPLANATION = `
What has landed up to the end of the day is put in its place by device and event time, verified against what went in,
compared with the log, and told in a manifest (DIR/archive/manifests/). Small files of a month that is over are put
together. The running system does the same every night by
itself; beside it, or without it, this is safe to run, and to run again. With --stage it is begun on AWS and followed
to its end; who stops looking does not stop it.

Examples:
  npm run nightly -- --day 2026-11-20
  npm run nightly -- --day 2026-11-20 --data /srv/pilotline
  npm run nightly -- --day 2026-11-20 --stage prod

Exit codes: 0 done, 1 a batch failed or a record is missing (nothing of it has gone), 2 it could not begin
`

/** Resolves with the exit code. */
export async function runNightly(argv: string[], streams: NightlyStreams): Promise<number> {
  const flags = parse(argv, streams)
  if (typeof flags === 'number') return flags
  const bar = createBar(streams)
  try {
    const done =
      flags.stage === undefined ? await here(flags, streams, bar) : await onStage(flags, streams, bar)
    bar.end()
    const { rows, copies, partitions } = done
    streams.stdout.write(`${JSON.stringify({ day: flags.day, rows, copies, partitions })}\n`)
    return 0
  } catch (error) {
    bar.end()
    const { message } = error as Error
    const failed = error instanceof NightFailed || error instanceof StageNightFailed
    if (!failed && !isRefusal(error)) throw error
    const said = error instanceof BadNight ? message.replace(/^day/, '--day') : message
    streams.stderr.write(`pilotline: ${said}${failed ? whereToLook(flags) : ''}\n`)
    return failed ? 1 : 2
  }
}

type Flags = { day: string; data: string; stage?: string }
type Bar = ReturnType<typeof createBar>

function here({ data: folder, day }: Flags, streams: NightlyStreams, bar: Bar): Promise<Finished> {
  const data = resolve(folder)
  if (!existsSync(filesOf(data).log)) throw new NightRefused(`--data: ${data} holds no log`)
  const now = streams.now ?? Date.now
  return nightOf({ data, day, now, logger: plainLogger(streams), onProgress: bar.show })
}

async function onStage({ stage, day }: Flags, streams: NightlyStreams, bar: Bar): Promise<Finished> {
  const { now = Date.now, look_ms } = streams
  checkDay(day, now())
  const onProgress = ({ step, ...figures }: NightFigures) => bar.show({ step: step as NightStep, ...figures })
  const looked = look_ms === undefined ? {} : { look_ms }
  return nightOnStage({ prefix: prefixOf(stage), day, now, onProgress, ...looked })
}

function prefixOf(stage: string | undefined): string {
  try {
    return stageOf(stage).prefix
  } catch (error) {
    throw new NightRefused(`--stage: ${(error as Error).message}`)
  }
}

function whereToLook({ data, day, stage }: Flags): string {
  if (stage !== undefined) return ' (docs/runbook.md#night-failed)'
  const manifest = join(filesOf(resolve(data)).archive, 'manifests', `${day}.json`)
  return existsSync(manifest) ? ` (${manifest})` : ''
}

function isRefusal(error: unknown): boolean {
  return [BadNight, NightRefused, FolderInUse, FolderUnusable, DatabaseRefused].some(
    (kind) => error instanceof kind,
  )
}

function parse(argv: string[], { stdout, stderr }: NightlyStreams): Flags | number {
  const command = new Command('npm run nightly --')
    .description('Runs the night of one day (UTC) over the archive of a data folder, or of a stage on AWS.')
    .helpOption('-h, --help', 'this text')
    .requiredOption('--day <date>', 'the day, such as 2026-11-20; it must be over')
    .option('--data <dir>', 'the data folder', join('data', 'pilotline'))
    .option('--stage <name>', 'on AWS, in this stage, in place of a data folder')
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
  return command.opts<Flags>()
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
      bar.update(done, { step: step.padEnd(12) })
    },
    end: () => bar.stop(),
  }
}

function plainLogger({ stderr }: NightlyStreams): Logger {
  const say = (message: string, fields: Record<string, unknown> = {}) =>
    void stderr.write(`pilotline: ${message} ${JSON.stringify(fields)}\n`)
  return { info: () => {}, warn: say, error: say }
}
