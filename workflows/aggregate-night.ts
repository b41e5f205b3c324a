/** Energy by device and hour of the days that the night has touched: computed whole, and written over what was there. */
import { type EnergyThing, energyHours } from '../energy/energy-hours.ts'
import type { EnergyMark } from '../energy/energy-marks.ts'
import { energyThing } from '../energy/energy-thing.ts'
import { DAY_MS, dayOf, dayStart } from '../events/archive.ts'
import type { EnergyBook, EnergyHour, EnergyWindow } from '../events/energy-hours.ts'
import type { ReadStore, Summary } from '../events/ports.ts'
import { createOffsets, type Offsets } from '../events/zone.ts'
import { configAt } from '../statecharts/config-in-force.ts'
import type { NightInput, NightPorts } from './night-ports.ts'
import { loadPlan } from './staging.ts'

/** What the archive says of registers and power, a device at a time, by device. */
export type MarkSource = {
  marks(range: { from: number; to: number }): AsyncIterable<{ device_id: string; marks: EnergyMark[] }>
}

export type AggregatePorts = Pick<NightPorts, 'files'> & {
  reads: Pick<ReadStore, 'summaries' | 'configHistory'>
  source: MarkSource
  energy: EnergyBook
  /** Where questions are asked of them too. */
  publish: (day: string, hours: readonly EnergyHour[], things: readonly Summary[]) => Promise<void>
}

/** How far behind the day the next reading of a session is looked for. */
const BEHIND_MS = DAY_MS

export type Aggregated = { days: number; hours: number; devices: number }

/** Sessions are found by their beginning; one that is open for longer is not split any more. */
const LONGEST_MS = 35 * DAY_MS

export async function aggregateNight({ run, day }: NightInput, ports: AggregatePorts): Promise<Aggregated> {
  const until = (dayStart(day) as number) + DAY_MS
  const touched = await touchedDays(run, day, ports)
  const first = dayStart([...touched].sort()[0] as string) as number
  const summaries = await summariesOf(first - LONGEST_MS, until, ports)
  const things = summaries.flatMap((summary) => energyThing(summary, until) ?? [])
  // The energy of a session that has ended is known from then on, for the days before too.
  for (const thing of things)
    if (!thing.open && touched.has(dayOf(Math.min(thing.until, until - 1)))) addDays(touched, thing, until)
  const windows = windowsOf(touched)
  const concerned = things.filter((thing) =>
    windows.some(({ from, to }) => thing.started_at < to && thing.until > from - 2 * 3_600_000),
  )
  const hours = await hoursOf(concerned, until, ports)
  const within = hours.filter(({ ends_at }) =>
    windows.some(({ from, to }) => ends_at > from && ends_at <= to),
  )
  await ports.energy.replace(windows, within, until)
  for (const { from, to } of windows)
    await ports.publish(
      dayOf(from),
      within.filter(({ ends_at }) => ends_at > from && ends_at <= to),
      summaries.filter(({ started_at }) => started_at >= from && started_at < to),
    )
  return {
    days: windows.length,
    hours: within.length,
    devices: new Set(within.map(({ device_id }) => device_id)).size,
  }
}

/** By what has landed and not by what was written: a night that was killed behind a day's file left that day to this one. */
async function touchedDays(run: string, day: string, { files }: AggregatePorts): Promise<Set<string>> {
  const { layouts } = await loadPlan(files, run)
  return new Set([day, ...Object.keys(layouts).filter((landed) => landed <= day)])
}

async function summariesOf(from: number, to: number, { reads }: AggregatePorts): Promise<Summary[]> {
  const found: Summary[] = []
  for (const kind of ['session', 'cycle'] as const) {
    let cursor: string | null = null
    do {
      const page = await reads.summaries({
        kind,
        by: 'all',
        from,
        to,
        limit: 1_000,
        ...(cursor && { cursor }),
      })
      found.push(...(page as { items: Summary[] }).items)
      cursor = (page as { next_cursor: string | null }).next_cursor
    } while (cursor !== null)
  }
  return found
}

function addDays(days: Set<string>, { started_at, until }: EnergyThing, most: number): void {
  for (let at = started_at; at < Math.min(until, most); at += DAY_MS) days.add(dayOf(at))
}

/** Hours belong to the UTC day in which they end, so that each is in one window, whatever its zone. */
function windowsOf(days: ReadonlySet<string>): EnergyWindow[] {
  return [...days].sort().map((day) => {
    const from = dayStart(day) as number
    return { from, to: from + DAY_MS }
  })
}

async function hoursOf(
  things: readonly EnergyThing[],
  until: number,
  ports: AggregatePorts,
): Promise<EnergyHour[]> {
  const byDevice = new Map<string, EnergyThing[]>()
  for (const thing of things) {
    const own = byDevice.get(thing.device_id)
    if (own) own.push(thing)
    else byDevice.set(thing.device_id, [thing])
  }
  const hours: EnergyHour[] = []
  const zones = new Map<string, Offsets>()
  async function add(device_id: string, marks: readonly EnergyMark[]): Promise<void> {
    const own = byDevice.get(device_id)
    byDevice.delete(device_id)
    if (!own) return
    const versions = (await ports.reads.configHistory(device_id, 20)).items.toReversed()
    const { timezone = 'UTC' } = configAt(versions, until)
    const offsets = zones.get(timezone) ?? createOffsets(timezone)
    zones.set(timezone, offsets)
    const told = own.map((thing) => toldUntil(thing, marks, until))
    hours.push(...energyHours(told, marks, { timezone, offsets }, (at) => configAt(versions, at)))
  }
  if (things.some(({ kind }) => kind === 'session')) {
    const from = things.reduce((least, { started_at }) => Math.min(least, started_at), until)
    for await (const { device_id, marks } of ports.source.marks({ from, to: until + BEHIND_MS }))
      await add(device_id, marks)
  }
  for (const device_id of [...byDevice.keys()]) await add(device_id, [])
  return hours
}

/** Of a session that goes on behind the day, what its register rose by then: the rest is for the nights to come. */
function toldUntil(thing: EnergyThing, marks: readonly EnergyMark[], until: number): EnergyThing {
  if (thing.kind === 'cycle' || thing.until <= until) return thing
  const reported = marks.some(({ last_kwh, last_at }) => last_kwh !== null && last_at >= thing.started_at)
  return reported ? { ...thing, until, open: true, energy_kwh: null } : thing
}
