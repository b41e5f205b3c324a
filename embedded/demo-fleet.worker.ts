/** The thread in which the demo fleet lives: it tells the time, publishes and remembers. What happens is in demo-fleet-life.ts. */
import { setTimeout as wait } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { syncMember } from '../firmware-model/fleet.ts'
import type { FleetEvent } from '../firmware-model/fleet-event.ts'
import type { DemoFleetOptions, FromDemoFleet, ToDemoFleet } from './demo-fleet.ts'
import { putConfigs } from './demo-fleet-config.ts'
import { connectFleet, type DemoConnections } from './demo-fleet-connections.ts'
import { loadLife, saveLife } from './demo-fleet-file.ts'
import { beginLife, catchUp, type DemoLife, liveBriskly, liveOn, resize } from './demo-fleet-life.ts'

const TICK_MS = 250
const SAVE_MS = 5_000
/** How far ahead of what is remembered messages may be published: what a killed fleet has to go through again. */
const LEASE_MS = 15_000
/** A tick so late has slept with the machine; the night's brisk sessions are not made up for. */
const SLEPT_MS = 10 * 60_000
/** Messages that wait for their acknowledgements at once while the history is laid. */
const LAID_AT_ONCE = 1_000
const LAST_ACKS_MS = 250

const options = workerData as DemoFleetOptions & { seed: number }
const stopped = new AbortController()
parentPort?.on('message', (message: ToDemoFleet) => {
  if (message === 'stop') stopped.abort()
})

await main()
process.exit(0)

async function main(): Promise<void> {
  const life = await remember()
  parentPort?.postMessage({ started: true } satisfies FromDemoFleet)
  const connections = connectFleet(options.mqtt_url, life.fleet.members, (member, epoch_ms) =>
    syncMember(member, epoch_ms, Date.now()),
  )
  try {
    await putConfigs(options.http_url, life, stopped.signal)
    await saveLife(options.state_dir, JSON.stringify(life))
    await connections.connected(stopped.signal)
    await live(life, connections)
  } catch (error) {
    unlessStopped(error)
  } finally {
    connections.end()
  }
}

async function remember(): Promise<DemoLife> {
  const now = Date.now()
  const known = await loadLife(options.state_dir)
  const life = known ?? beginLife(options, now)
  if (known) resize(life, options, now)
  // Before the first message: a fleet that is killed while it lays its history lays the same one again.
  await saveLife(options.state_dir, JSON.stringify(life))
  return life
}

async function live(life: DemoLife, connections: DemoConnections): Promise<void> {
  await goOn(life, connections)
  let saved_at = Date.now()
  let last_tick = saved_at
  while (!stopped.signal.aborted) {
    await wait(TICK_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
    const now = Date.now()
    if (now - last_tick > SLEPT_MS) await goOn(life, connections)
    else connections.publish(liveOn(life, Math.min(now, life.lived_until)))
    last_tick = now
    if (now - saved_at < SAVE_MS || stopped.signal.aborted) continue
    await save(life, connections, now, LEASE_MS, stopped.signal).catch(unlessStopped)
    saved_at = now
  }
  // What is not acknowledged by then stays as it was remembered, and is sent again, the same, by the next start.
  const last_acks = AbortSignal.timeout(LAST_ACKS_MS)
  await save(life, connections, Math.min(last_tick, life.lived_until), 0, last_acks).catch(unlessStopped)
}

/** Whatever was under way when the fleet was stopped says that it was; anything else is an error. */
function unlessStopped(error: unknown): void {
  if (!stopped.signal.aborted) throw error
}

/** What was missed is published, the first day or a pause; then life is brisk. */
async function goOn(life: DemoLife, connections: DemoConnections): Promise<void> {
  await lay(catchUp(life, Date.now()), connections)
  const now = Date.now()
  connections.publish(liveOn(life, now))
  liveBriskly(life, now)
  await save(life, connections, now, LEASE_MS, stopped.signal)
}

async function lay(events: FleetEvent[], connections: DemoConnections): Promise<void> {
  for (let i = 0; i < events.length; i += LAID_AT_ONCE) {
    connections.publish(events.slice(i, i + LAID_AT_ONCE))
    await connections.acknowledged(stopped.signal)
  }
}

/** Remembers the life as it is at `now`, once everything it has published is acknowledged. */
async function save(
  life: DemoLife,
  connections: DemoConnections,
  now: number,
  lease_ms: number,
  signal: AbortSignal,
): Promise<void> {
  const lived_until = now + lease_ms
  const text = JSON.stringify({ ...life, lived_until })
  await connections.acknowledged(signal)
  await saveLife(options.state_dir, text)
  life.lived_until = lived_until
}
