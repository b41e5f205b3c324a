/**
 * A simulated fleet for looking at: chargers and thermostats that publish over MQTT like real devices, from a thread of
 * their own. A day of history first, then live. Its memory keeps a second start from laying the history again.
 */
import { Worker } from 'node:worker_threads'

export type DemoFleetOptions = {
  mqtt_url: string
  /** Where the devices' configuration is put. */
  http_url: string
  chargers: number
  thermostats: number
  /** A folder of the fleet's own; made when it is missing. */
  state_dir: string
  /** Of a fleet that begins; one that is remembered keeps its own. */
  seed?: number
}

export type FromDemoFleet = { started: true }
export type ToDemoFleet = 'stop'

const STOPS_WITHIN_MS = 450
const DEFAULT_SEED = 1

/**
 * Starts the fleet. Resolves when its memory has been read or begun; the devices connect, and go on trying, by
 * themselves. Rejects where the folder or the memory in it cannot be used. `stop` never takes half a second.
 */
export async function startDemoFleet(options: DemoFleetOptions): Promise<{ stop(): Promise<void> }> {
  const workerData = { ...options, seed: options.seed ?? DEFAULT_SEED }
  const worker = new Worker(new URL('./demo-fleet.worker.ts', import.meta.url), {
    workerData,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    worker.once('message', (_: FromDemoFleet) => resolve())
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the demo fleet ended before it began (code ${code})`)))
  })
  worker.removeAllListeners('error')
  // A fleet that breaks later is a fault of ours, and crashes like any other.
  worker.on('error', (error) => {
    throw error
  })
  return {
    stop: async () => {
      worker.postMessage('stop' satisfies ToDemoFleet)
      const limit = setTimeout(() => void worker.terminate(), STOPS_WITHIN_MS)
      await exited
      clearTimeout(limit)
    },
  }
}
