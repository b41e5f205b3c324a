/** Energy by device and hour of the days that the night has touched: computed whole, and written over what was there. */
import { type EnergyThing, energyHours } from '../energy/energy-hours.ts'
import { type EnergyMark, MARK_MS } from '../energy/energy-marks.ts'
import { DAY_MS, dayOf, dayStart, deviceHash } from '../events/archive.ts'
import type { EnergyBook, EnergyHour, EnergyReplacement, EnergyWindow } from '../events/energy-hours.ts'
import type { ConfigVersion, ReadStore, Summary } from '../events/ports.ts'
import { summariesIn } from '../events/summary-pages.ts'
import { createOffsets, type Offsets } from '../events/zone.ts'
import { configAt } from '../statecharts/config-in-force.ts'
import { daysToCompute, type EnergyKind, isLong, thingsOfDay } from './energy-things.ts'
import type { NightInput, NightPlan, NightPorts } from './night-ports.ts'
import { isPublished, loadPlan } from './staging.ts'

export type MarkRange = {
  from: number
  to: number
  device_ids?: readonly string[]
  /** Of what lies where it landed only what came in behind this day: the rest is in its place. All of it unless told. */
  landed_after?: string
}

/** What the archive says of registers and power, a device at a time, by device; of some devices where they are told. */
export type MarkSource = {
  marks(range: MarkRange): AsyncIterable<{ device_id: string; marks: EnergyMark[] }>
}

export type AggregatePorts = Pick<NightPorts, 'files'> & {
  reads: Pick<ReadStore, 'summaries' | 'configHistory'>
  source: MarkSource
  energy: EnergyBook
  /** Where questions are asked of them too: a day's hours, and what began in it. */
  publish: (
    day: string,
    hours: AsyncIterable<EnergyHour>,
    summaries: (kind: EnergyKind) => AsyncIterable<Summary>,
  ) => Promise<void>
}

/** How far behind a session the next reading of it is looked for. */
const BEHIND_MS = DAY_MS

export type Aggregated = { days: number; hours: number; devices: number }

/** A day at a time, the oldest first, so that no more is held than a day has. */
export async function aggregateNight({ run, day }: NightInput, ports: AggregatePorts): Promise<Aggregated> {
  const until = (dayStart(day) as number) + DAY_MS
  const plan = await loadPlan(ports.files, run)
  const landed = landedDays(plan)
  const { windows, long } = await daysToCompute(ports.reads, landed, until)
  const limits = createLimits(ports.reads, until)
  // What this night has put in its place is not read again where it landed.
  const landed_after = (await isPublished(ports.files, plan)) ? day : ''
  const computing = { until, landed_after, limits, source: ports.source }
  const devices = new Set<string>()
  let hours = 0
  async function* put(window: EnergyWindow, into: EnergyReplacement): AsyncGenerator<EnergyHour> {
    const things = await thingsOfDay(ports.reads, window, { long, until })
    for await (const some of hoursOf(things, window, computing)) {
      await into.put(some)
      for (const { device_id } of some) devices.add(device_id)
      hours += some.length
      yield* some
    }
  }
  for (const window of windows) {
    const replacement = await ports.energy.replace([window])
    const summaries = (kind: EnergyKind) => summariesIn(ports.reads, { kind, by: 'all', ...window })
    await ports.publish(dayOf(window.from), put(window, replacement), summaries)
    await replacement.done(window.to)
  }
  return { days: windows.length, hours, devices: devices.size }
}

/** By what has landed and not by what was written: a night that was killed behind a day's file left that day to this one. */
function landedDays({ day, layouts }: NightPlan): Set<string> {
  return new Set([day, ...Object.keys(layouts).filter((landed) => landed <= day)])
}

type Limits = ReturnType<typeof createLimits>

/** Configurations of devices and their zones, each asked for once. */
function createLimits({ configHistory }: Pick<ReadStore, 'configHistory'>, until: number) {
  const versions = new Map<string, readonly ConfigVersion[]>()
  const zones = new Map<string, Offsets>()
  return async (device_id: string) => {
    const own = versions.get(device_id) ?? (await configHistory(device_id, 20)).items.toReversed()
    versions.set(device_id, own)
    const { timezone = 'UTC' } = configAt(own, until)
    const offsets = zones.get(timezone) ?? createOffsets(timezone)
    zones.set(timezone, offsets)
    return { zone: { timezone, offsets }, limitsAt: (at: number) => configAt(own, at) }
  }
}

type Computing = { until: number; landed_after: string; limits: Limits; source: MarkSource }

/** Hours that end in the window, some thousand at a time. */
async function* hoursOf(
  things: readonly EnergyThing[],
  window: EnergyWindow,
  { until, landed_after, limits, source }: Computing,
): AsyncGenerator<EnergyHour[]> {
  const byDevice = Map.groupBy(things, ({ device_id }) => device_id)
  let made: EnergyHour[] = []
  async function add(device_id: string, marks: readonly EnergyMark[]): Promise<void> {
    const own = byDevice.get(device_id)
    byDevice.delete(device_id)
    if (!own) return
    const { zone, limitsAt } = await limits(device_id)
    const told = own.map((thing) => toldUntil(thing, marks, until))
    for (const hour of energyHours(told, marks, zone, limitsAt))
      if (hour.ends_at > window.from && hour.ends_at <= window.to) made.push(hour)
  }
  async function* inSlices(): AsyncGenerator<{ device_id: string; marks: readonly EnergyMark[] }> {
    for (const some of slicesOf(things, window, until)) yield* source.marks({ ...some, landed_after })
    // What did not report is split by time.
    for (const device_id of [...byDevice.keys()]) yield { device_id, marks: [] }
  }
  for await (const { device_id, marks } of inSlices()) {
    await add(device_id, marks)
    if (made.length < PUT_HOURS) continue
    yield made
    made = []
  }
  yield made
}

const PUT_HOURS = 10_000

/** Devices whose marks are asked for at once. */
const SLICE_DEVICES = 10_000

/**
 * Where marks of sessions are looked for, of so many devices at once, which lie in few files together. What has lasted for
 * long comes by itself: the rest of the fleet needs no files of that long ago.
 */
function slicesOf(things: readonly EnergyThing[], window: EnergyWindow, until: number): MarkRange[] {
  const sessions = things.filter(({ kind }) => kind === 'session')
  const lasting = new Set(sessions.filter((thing) => isLong(thing, window)).map(({ device_id }) => device_id))
  const [long = [], short = []] = [true, false].map((is) =>
    sessions.filter(({ device_id }) => lasting.has(device_id) === is),
  )
  return [long, short].flatMap((some) => {
    const device_ids = [...new Set(some.map(({ device_id }) => device_id))]
    // Nearly all that there are: to name them would not spare a file.
    if (some === short && device_ids.length > 0 && device_ids.length <= SLICE_DEVICES)
      return [rangeOf(some, until)]
    const hashes = new Map(device_ids.map((device_id) => [device_id, deviceHash(device_id)]))
    device_ids.sort((a, b) => (hashes.get(a) ?? 0) - (hashes.get(b) ?? 0))
    const range = rangeOf(some, until)
    return Array.from({ length: Math.ceil(device_ids.length / SLICE_DEVICES) }, (_, nth) => ({
      ...range,
      device_ids: device_ids.slice(nth * SLICE_DEVICES, (nth + 1) * SLICE_DEVICES),
    }))
  })
}

/** In which readings of sessions lie, the first one behind them included: a quarter of an hour is read whole. */
function rangeOf(things: readonly EnergyThing[], until: number): { from: number; to: number } {
  const from = things.reduce((least, { started_at }) => Math.min(least, started_at), until)
  const to = things.reduce((most, thing) => Math.max(most, Math.min(thing.until, until)), from)
  return { from: from - (from % MARK_MS), to: to + BEHIND_MS }
}

/** Of a session that goes on behind the day, what its register rose by then: the rest is for the nights to come. */
function toldUntil(thing: EnergyThing, marks: readonly EnergyMark[], until: number): EnergyThing {
  if (thing.kind === 'cycle' || thing.until <= until) return thing
  const reported = marks.some(({ last_kwh, last_at }) => last_kwh !== null && last_at >= thing.started_at)
  return reported ? { ...thing, until, open: true, energy_kwh: null } : thing
}
