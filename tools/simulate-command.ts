/** `npm run simulate`, from its flags to its exit code. */
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { connectFleet } from '../embedded/demo-fleet-connections.ts'
import type { EvseWiring } from '../firmware-model/evse-config.ts'
import { firmwareBuild } from '../firmware-model/firmware-options.ts'
import type { Delivery } from '../firmware-model/radio.ts'
import { type Misfit, misfits } from '../firmware-model/sidewalk.ts'
import { reasonOf } from './import-file.ts'
import { counted, createProgress, type Progress } from './import-output.ts'
import { count, type Terminal } from './live-line.ts'
import { configsCsv } from './simulate-configs.ts'
import { BadFlags, HelpAsked, parseSimulateOptions, type SimulateOptions } from './simulate-options.ts'
import { createWorld, type World } from './simulate-world.ts'

/** Where text goes. `tty` is a terminal that progress may be drawn on, or null. */
export type SimulateStreams = {
  out: { write(text: string): unknown }
  err: (text: string) => void
  tty: Terminal | null
}

export type ExitCode = 0 | 1 | 2

type Sink = { take(deliveries: Delivery[]): Promise<void>; end(): Promise<void> }

/** What was asked for is not there; the message is one line for a person. */
class Missing extends Error {}

/** A broker that has not taken a connection by then is none. */
const ANSWER_LIMIT_MS = 5_000
/** So much is simulated at a time. */
const SLICE_MS = 600_000
const TICK_MS = 200
const SHOWN_MISFITS = 5

/** Runs one simulation and says how it went. Rejects for a bug only. */
export async function runSimulate(argv: string[], streams: SimulateStreams): Promise<ExitCode> {
  const progress = createProgress(streams.tty, () => performance.now())
  let begun = false
  try {
    const options = parseSimulateOptions(argv, (text) => void streams.out.write(text))
    const wiring = await readWiring(options, streams)
    const start = options.start ?? (options.speed === 1 ? Date.now() : Date.now() - options.hours * 3_600_000)
    const world = createWorld(options, Math.floor(start / 1000) * 1000, wiring)
    if (options.configs) await writeFile(options.configs, configsCsv(world.configs, world.start))
    const sinks = await openSinks(options, world, streams)
    begun = true
    const sent = await run(options, world, sinks, progress)
    for (const sink of sinks) await sink.end()
    if (options.truth) await writeFile(options.truth, truthText(options, world))
    progress.end()
    streams.err(`${counted(sent, 'message')} of ${counted(world.devices.length, 'device')}\n`)
    return 0
  } catch (error) {
    progress.end()
    if (error instanceof HelpAsked) return 0
    const known =
      error instanceof BadFlags ||
      error instanceof Missing ||
      typeof (error as NodeJS.ErrnoException).code === 'string'
    if (!known) throw error
    const help = error instanceof BadFlags ? ' (--help says which flags there are)' : ''
    streams.err(`simulate: ${(error as Error).message}${help}\n`)
    return begun ? 1 : 2
  }
}

/** The chargers' wiring from a `prj.conf`; what is wrong in it is said, and what is wrong beyond use refuses. */
async function readWiring(options: SimulateOptions, streams: SimulateStreams): Promise<EvseWiring | null> {
  if (options.prj_conf === null) return null
  const prj_conf = await readGiven('--prj-conf', options.prj_conf)
  const kconfig = options.kconfig === null ? {} : { kconfig: await readGiven('--kconfig', options.kconfig) }
  const { evse, unknown, foreign, problems } = firmwareBuild({ prj_conf, ...kconfig })
  for (const name of unknown)
    streams.err(`simulate: ${options.prj_conf}: ${name} is no option of this firmware\n`)
  if (foreign.length > 0)
    streams.err(
      `simulate: ${options.prj_conf}: ${foreign.length} options of the system below are passed over\n`,
    )
  if (problems.length > 0) throw new BadFlags(`${options.prj_conf}: ${problems.join('; ')}`)
  const { device_id: _, ...wiring } = evse
  return wiring
}

async function readGiven(flag: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => {
    throw new Missing(`${flag}: ${path} cannot be read: ${reasonOf(error)}`)
  })
}

async function openSinks(options: SimulateOptions, world: World, streams: SimulateStreams): Promise<Sink[]> {
  const sinks: Sink[] = []
  if (options.out !== null) sinks.push(await fileSink(options.out, streams))
  if (options.mqtt !== null) sinks.push(await mqttSink(options.mqtt, options.speed === 1, world))
  if (options.link !== null) sinks.push(misfitSink(options.link, streams))
  return sinks
}

async function run(
  options: SimulateOptions,
  world: World,
  sinks: Sink[],
  progress: Progress,
): Promise<number> {
  let sent = 0
  async function give(deliveries: Delivery[]): Promise<void> {
    for (const sink of sinks) await sink.take(deliveries)
    sent += deliveries.length
    progress.tell('messages simulated:', sent)
  }
  const started_ms = performance.now()
  for (let at = world.start; at < world.until; ) {
    if (options.mqtt !== null) await wait(TICK_MS)
    const live = world.start + (performance.now() - started_ms) * options.speed
    at = Math.min(world.until, options.mqtt === null ? at + SLICE_MS : Math.floor(live))
    await give(world.runTo(at))
  }
  await give(world.rest())
  return sent
}

async function fileSink(path: string, streams: SimulateStreams): Promise<Sink> {
  const file: FileHandle | null = path === '-' ? null : await open(path, 'w')
  return {
    take: async (deliveries) => {
      const text = deliveries.map(lineOf).join('')
      if (file) await file.write(text)
      else streams.out.write(text)
    },
    end: async () => {
      await file?.close()
    },
  }
}

function lineOf({ received_at, topic, payload }: Delivery): string {
  return `${JSON.stringify({ received_at, topic, payload })}\n`
}

async function mqttSink(url: string, inRealTime: boolean, world: World): Promise<Sink> {
  const never = new AbortController().signal
  const connections = connectFleet(url, world.devices, ({ sim }, epoch_ms) => {
    if (inRealTime) world.sync(sim.device_id, epoch_ms, Date.now())
  })
  await connections.answered(AbortSignal.timeout(ANSWER_LIMIT_MS)).catch((error: Error) => {
    connections.end()
    throw new Missing(`--mqtt: no broker at ${url}: ${error.message}`)
  })
  return {
    take: async (deliveries) => {
      await connections.connected(never)
      connections.publish(deliveries)
    },
    end: async () => {
      await connections.acknowledged(never)
      connections.end()
    },
  }
}

/** Counts what does not fit, and shows the first of them. */
function misfitSink(link: NonNullable<SimulateOptions['link']>, streams: SimulateStreams): Sink {
  const found: Misfit[] = []
  let total = 0
  let lost = 0
  return {
    take: async (deliveries) => {
      const misfit = misfits(deliveries, [link])
      total += misfit.length
      lost += misfit.filter(({ lost_in_firmware }) => lost_in_firmware).length
      found.push(...misfit.slice(0, Math.max(0, SHOWN_MISFITS - found.length)))
    },
    end: async () => {
      for (const { device_id, bytes, starts } of found)
        streams.err(`${device_id}: ${bytes} bytes: ${starts}…\n`)
      streams.err(
        `${count(total)} messages do not fit ${link}; ${count(lost)} not even the firmware's own buffer\n`,
      )
    },
  }
}

function truthText(options: SimulateOptions, world: World): string {
  const truth = world.truth()
  const sessions = truth.flatMap(({ kind, ...rest }) => (kind === 'session' ? [rest] : []))
  const cycles = truth.flatMap(({ kind, ...rest }) => (kind === 'cycle' ? [rest] : []))
  const violations = truth.flatMap(({ kind, ...rest }) => (kind === 'violation' ? [rest] : []))
  const { seed, faults, firmware } = options
  const told = { seed, faults, firmware, until: world.until, sessions, cycles, violations }
  return `${JSON.stringify(told, null, 1)}\n`
}
