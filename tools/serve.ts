/** `npm start`: the whole system in one process, with a simulated fleet unless told. `--help` says everything. */
import { join } from 'node:path'
import { isLoopback } from '../embedded/http.ts'
import { type Embedded, startEmbedded } from '../embedded/start.ts'
import { StartRefused } from '../embedded/start-refused.ts'
import { BadFlags, HelpAsked, parseServeOptions, type ServeOptions } from './serve-options.ts'
import { createOutput, type ServeOutput } from './serve-output.ts'

type Running = { home: Embedded; fleet: { stop(): Promise<void> } | null }

/** Beyond this the process ends as it is, which loses nothing either: what was acknowledged is on the disk. */
const STOP_LIMIT_MS = 1_900
const SOME_IS_LEFT = 'stopped before everything was processed; the next start goes on from there'
/** npm passes on the Ctrl-C that the terminal has sent already: two so close together are one. */
const SAME_CTRL_C_MS = 400

try {
  await serve(parseServeOptions(process.argv.slice(2)))
} catch (error) {
  if (error instanceof BadFlags) refuse(`${error.message} (--help says which flags there are)`)
  else if (error instanceof StartRefused) refuse(error.message)
  else if (!(error instanceof HelpAsked)) throw error
}

function refuse(reason: string): void {
  process.stderr.write(`pilotline: ${reason}\n`)
  process.exitCode = 2
}

async function serve(options: ServeOptions): Promise<void> {
  const output = createOutput(process.stdout)
  const starting = start(options, output)
  onStopSignal(async () => {
    // Told to stop while it is still starting: it stops as soon as it has.
    const running = await starting.catch(() => null)
    if (running) await stop(running, output)
  })
  const { home } = await starting
  output.started({
    page: `http://${urlHost(options.bind)}:${home.http_port}/`,
    mqtt: mqttUrl(options.bind, home),
    data: options.data,
    fleet: options.fleet
      ? `simulated, chargers: ${options.fleet.chargers}, thermostats: ${options.fleet.thermostats}`
      : 'none, for real devices',
  })
  if (!isLoopback(options.bind))
    output.logger.warn(
      'anyone who reaches this address may publish and ask: there are no passwords and no TLS',
    )
  output.follow(home.figures)
}

async function start(options: ServeOptions, output: ServeOutput): Promise<Running> {
  const home = await startEmbedded({
    data: options.data,
    host: options.bind,
    mqtt_port: options.mqtt_port,
    http_port: options.http_port,
    host_names: options.host_names,
    logger: output.logger,
    onFatal: () => {
      output.end()
      process.exit(1)
    },
  })
  try {
    return { home, fleet: options.fleet ? await startFleet(options, home) : null }
  } catch (error) {
    await home.stop()
    throw new StartRefused(`the fleet cannot start: ${error instanceof Error ? error.message : error}`)
  }
}

async function startFleet(options: ServeOptions, home: Embedded): Promise<Running['fleet']> {
  const { startDemoFleet } = await import('../embedded/demo-fleet.ts')
  return startDemoFleet({
    mqtt_url: mqttUrl(options.bind, home),
    http_url: `http://${urlHost(options.bind)}:${home.http_port}`,
    chargers: options.fleet?.chargers ?? 0,
    thermostats: options.fleet?.thermostats ?? 0,
    state_dir: join(options.data, 'fleet'),
  })
}

async function stop({ home, fleet }: Running, output: ServeOutput): Promise<void> {
  output.logger.info('stopping')
  const limit = setTimeout(() => {
    output.logger.warn(SOME_IS_LEFT)
    output.end()
    process.exit(0)
  }, STOP_LIMIT_MS)
  await fleet?.stop()
  const drained = await home.stop()
  clearTimeout(limit)
  if (!drained) output.logger.warn(SOME_IS_LEFT)
  output.stopped(home.figures())
  output.end()
  process.exit(0)
}

/** The first Ctrl-C (or SIGTERM) stops in order, a second one at once. */
function onStopSignal(stopInOrder: () => Promise<void>): void {
  let first_ms: number | null = null
  function told(): void {
    const now = performance.now()
    if (first_ms === null) {
      first_ms = now
      stopInOrder().catch((error) => {
        process.stderr.write(`pilotline: ${error instanceof Error ? error.stack : error}\n`)
        process.exit(1)
      })
    } else if (now - first_ms > SAME_CTRL_C_MS) process.exit(130)
  }
  process.on('SIGINT', told)
  process.on('SIGTERM', told)
}

function mqttUrl(bind: string, home: Embedded): string {
  return `mqtt://${urlHost(bind)}:${home.mqtt_port}`
}

/** The address as one can connect to it from here. */
function urlHost(bind: string): string {
  if (bind === '0.0.0.0' || bind === '::') return '127.0.0.1'
  return bind.includes(':') ? `[${bind}]` : bind
}
