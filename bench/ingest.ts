/**
 * Embedded, durable: how many events a second the whole home takes in over pipelined MQTT QoS 1 and processes, with
 * the load in a second process. Prints a line a second, then the figures as JSON.
 *
 *   node bench/ingest.ts --seconds 60 --rate 10000
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Embedded, startEmbedded } from '../embedded/start.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '10000' },
    devices: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '4' },
    /** How long the archive lets records gather; longer than the run, and it has no part in it. */
    'archive-gather-ms': { type: 'string', default: '60000' },
    /** Kept afterwards; a temporary folder unless told. */
    data: { type: 'string' },
  },
})

type Sample = {
  second: number
  records_in: number
  processed: number
  lag_records: number
  lag_s: number
  rss_mb: number
}

const data = values.data ?? mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
const home = await startEmbedded({
  data,
  mqtt_port: 0,
  http_port: 0,
  archive_gather_ms: Number(values['archive-gather-ms']),
  night_hour_utc: null,
  logger: { info: () => {}, warn: complain, error: complain },
  onFatal: (error) => {
    throw error
  },
})
try {
  process.stdout.write(`${JSON.stringify(await measure(home), null, 2)}\n`)
} finally {
  await home.stop()
  if (!values.data) rmSync(data, { recursive: true, force: true })
}

async function measure(of: Embedded): Promise<Record<string, unknown>> {
  const samples: Sample[] = []
  const started = performance.now()
  const cpu_before = process.cpuUsage()
  const timer = setInterval(() => samples.push(sample(of, started)), 1_000)
  const load = await runLoad(of.mqtt_port)
  const load_s = (performance.now() - started) / 1_000
  const lag_at_end = of.figures().lag_records
  while (of.figures().lag_records > 0) await sleep(20)
  const drained_s = (performance.now() - started) / 1_000
  clearInterval(timer)
  const cpu = process.cpuUsage(cpu_before)
  const { records_in, events, decided, duplicates, quarantined } = of.figures()
  const half = samples.slice(Math.floor(samples.length / 2))
  return {
    asked_per_s: Number(values.rate),
    acknowledged: load.acked,
    acknowledged_per_s: Math.round(load.acked / load.seconds),
    processed_per_s: Math.round(records_in / drained_s),
    load_s: round(load_s),
    records_in,
    events,
    decided,
    duplicates,
    quarantined,
    /** Of the whole process, all threads, the load left out. */
    cpu_us_per_event: round((cpu.user + cpu.system) / records_in),
    lag_most_s: round(Math.max(...samples.map(({ lag_s }) => lag_s))),
    lag_most_records: Math.max(...samples.map(({ lag_records }) => lag_records)),
    lag_at_end_records: lag_at_end,
    drain_s: round(drained_s - load_s),
    rss_mb: { first: samples[0]?.rss_mb, half: half[0]?.rss_mb, last: samples.at(-1)?.rss_mb },
  }
}

function sample(of: Embedded, started: number): Sample {
  const { records_in, events, duplicates, quarantined, lag_records, lag_s } = of.figures()
  const now: Sample = {
    second: Math.round((performance.now() - started) / 1_000),
    records_in,
    processed: events + duplicates + quarantined,
    lag_records,
    lag_s: round(lag_s),
    rss_mb: Math.round(process.memoryUsage.rss() / 1_048_576),
  }
  process.stderr.write(`${JSON.stringify(now)}\n`)
  return now
}

/** The last line of the load's own account. */
async function runLoad(port: number): Promise<{ acked: number; seconds: number }> {
  const script = fileURLToPath(new URL('./mqtt-load.ts', import.meta.url))
  const { rate, seconds, devices, connections } = values
  const flags = Object.entries({ port: String(port), rate, seconds, devices, connections })
  const child = spawn(process.execPath, [script, ...flags.flatMap(([name, value]) => [`--${name}`, value])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let last = ''
  createInterface(child.stdout).on('line', (line) => {
    last = line
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the load ended with exit code ${code}`)
  return JSON.parse(last) as { acked: number; seconds: number }
}

function complain(message: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
