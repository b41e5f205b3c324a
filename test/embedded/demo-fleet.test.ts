import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startDemoFleet } from '../../embedded/demo-fleet.ts'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { parseReport } from '../../events/parse.ts'
import type { LogRecord } from '../../events/record.ts'
import { DAY_MS } from '../../firmware-model/habits.ts'
import { soon } from '../soon.ts'

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
const SIZE = { chargers: 31, thermostats: 8 }
const undo: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one()
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pilotline-demo-'))
  undo.push(() => rm(folder, { recursive: true }))
  return folder
}

async function startHome(folder: string): Promise<Embedded> {
  const home = await startEmbedded({
    data: join(folder, 'data'),
    mqtt_port: 0,
    http_port: 0,
    logger: quiet,
    onFatal: (error) => {
      throw error
    },
  })
  undo.push(() => home.stop())
  return home
}

async function startFleet(home: Embedded, folder: string, size = SIZE) {
  const fleet = await startDemoFleet({
    mqtt_url: `mqtt://127.0.0.1:${home.mqtt_port}`,
    http_url: `http://127.0.0.1:${home.http_port}`,
    ...size,
    state_dir: join(folder, 'fleet'),
  })
  undo.push(fleet.stop)
  return fleet
}

async function records(home: Embedded): Promise<LogRecord[]> {
  return (await home.log.read('', 100_000)).filter(({ source }) => source === 'mqtt')
}

/** When, by the devices' own clocks. */
function claimed(log: LogRecord[]): number[] {
  return log.flatMap(({ topic, payload }) => {
    const read = parseReport({ topic, payload, wireless: () => 'by wireless' })
    return 'report' in read ? [read.report.reported_timestamp] : []
  })
}

function isEpoch(timestamp: number): boolean {
  return timestamp > 1e12
}

/** Some charger has counted time from boot, and then not any more. */
async function untilTimeIsTold(home: Embedded): Promise<void> {
  await vi.waitUntil(
    async () => {
      const log = await records(home)
      const byTopic = Map.groupBy(log, ({ topic }) => topic).values()
      return [...byTopic].some((one) => isToldTime(claimed(one)))
    },
    { timeout: 80_000, interval: 250 },
  )
}

function isToldTime(timestamps: number[]): boolean {
  const lost = timestamps.findIndex((at) => !isEpoch(at))
  return lost > 0 && timestamps.slice(lost).some(isEpoch)
}

function expectOrderPerDevice(log: LogRecord[]): void {
  for (const topic of new Set(log.map((record) => record.topic))) {
    // A charger that has lost the time begins again with its uptime.
    const epochs = claimed(log.filter((record) => record.topic === topic)).filter(isEpoch)
    expect(epochs, topic).toEqual(epochs.toSorted((a, b) => a - b))
  }
}

/** Live: a message that is seconds old. */
async function untilLive(home: Embedded, since = 0): Promise<LogRecord[]> {
  return vi.waitUntil(
    async () => {
      const log = (await records(home)).slice(since)
      const last = claimed(log)
      return Math.max(...last) > Date.now() - 5_000 ? log : null
    },
    { timeout: 25_000, interval: 200 },
  ) as Promise<LogRecord[]>
}

describe('the demo fleet', () => {
  it('lays a day of history, lives, is told the time where it lost it, and goes on after a stop, saying nothing twice', async () => {
    const folder = await newFolder()
    const home = await startHome(folder)
    const fleet = await startFleet(home, folder)
    const laid = await untilLive(home)
    const epochs = claimed(laid).filter(isEpoch)
    expect(Math.max(...epochs) - Math.min(...epochs)).toBeGreaterThan(DAY_MS - 60_000)
    expect(new Set(laid.map(({ topic }) => topic)).size).toBeGreaterThanOrEqual(
      SIZE.chargers + SIZE.thermostats - 1,
    )

    await untilTimeIsTold(home)
    await fleet.stop()
    const stopped = (await records(home)).length
    await startFleet(home, folder)
    await untilLive(home, stopped)

    const all = await records(home)
    const bytes = all.map(({ topic, payload }) => `${topic} ${Buffer.from(payload)}`)
    expect(new Set(bytes).size).toBe(bytes.length)
    expect(all.length - stopped).toBeLessThan(stopped / 2)
    expectOrderPerDevice(all)
    await soon(() => expect(home.figures()).toMatchObject({ lag_records: 0 }))
    expect(await home.reads.counts()).toMatchObject({ quarantined: 0 })
  }, 120_000)

  it('a memory that cannot be read is no reason to lay the history again', async () => {
    const folder = await newFolder()
    const home = await startHome(folder)
    const fleet = await startFleet(home, folder)
    await fleet.stop()
    const [file] = await readdir(join(folder, 'fleet'))
    const path = join(folder, 'fleet', file as string)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.slice(0, text.length / 2))
    await expect(startFleet(home, folder)).rejects.toThrow('is no memory of a demo fleet')
  })
})
