/** Energy by hour out of the store: for what no night has aggregated yet. */
import { energyHours } from '../energy/energy-hours.ts'
import { type EnergyMark, electricalTold, marksOf, type Reading } from '../energy/energy-marks.ts'
import { energyThing, LONGEST_MS, ZONE_MS } from '../energy/energy-thing.ts'
import type { EnergyHour, EnergyQuery } from '../events/energy-hours.ts'
import { lowestKey } from '../events/key.ts'
import type { ReadStore, Summary } from '../events/ports.ts'
import { summariesIn } from '../events/summary-pages.ts'
import { createOffsets } from '../events/zone.ts'
import { configAt } from '../statecharts/config-in-force.ts'
import { withFiguresSoFar } from './figures-so-far.ts'

const PAGE = 1_000

/** Hours that end after `after` and begin in the query's range, by device and time; what is open is told as of `now`. */
export async function liveHours(
  store: ReadStore,
  { by, from, to }: EnergyQuery,
  of: { after: number; now: number },
): Promise<EnergyHour[]> {
  const since = Math.max(from, of.after)
  const byDevice = new Map<string, Summary[]>()
  for (const kind of ['session', 'cycle'] as const) {
    for await (const summary of summariesIn(store, { kind, by, from: since - LONGEST_MS, to })) {
      const thing = energyThing(summary, of.now)
      if (!thing || thing.until <= since - ZONE_MS) continue
      byDevice.set(summary.device_id, [...(byDevice.get(summary.device_id) ?? []), summary])
    }
  }
  const hours: EnergyHour[] = []
  for (const [device_id, summaries] of [...byDevice].sort(([a], [b]) => (a < b ? -1 : 1)))
    hours.push(...(await hoursOfDevice(store, device_id, summaries, of.now)))
  return hours.filter(({ starts_at, ends_at }) => ends_at > of.after && starts_at >= from && starts_at < to)
}

async function hoursOfDevice(
  store: ReadStore,
  device_id: string,
  summaries: Summary[],
  now: number,
): Promise<EnergyHour[]> {
  const { items } = await withFiguresSoFar({ items: summaries, next_cursor: null }, store, now)
  const things = summaries.flatMap((summary, n) => energyThing(summary, now, items[n]) ?? [])
  const sessions = things.filter(({ kind }) => kind === 'session')
  const from = Math.min(...sessions.map(({ started_at }) => started_at))
  const until = Math.max(...sessions.map((thing) => thing.until))
  const marks = sessions.length > 0 ? await marksIn(store, device_id, from, until) : []
  const versions = (await store.configHistory(device_id, 20)).items.toReversed()
  const { timezone = 'UTC' } = configAt(versions, now)
  const zone = { timezone, offsets: createOffsets(timezone) }
  return energyHours(things, marks, zone, (at) => configAt(versions, at))
}

async function marksIn(
  store: ReadStore,
  device_id: string,
  from: number,
  until: number,
): Promise<EnergyMark[]> {
  const readings: Reading[] = []
  let cursor: string | null = null
  const range = { from: lowestKey(from), to: lowestKey(until + 1), origin: 'device' as const, limit: PAGE }
  do {
    const page: Awaited<ReturnType<ReadStore['eventsOfDevice']>> = await store.eventsOfDevice(device_id, {
      ...range,
      ...(cursor && { cursor }),
    })
    for (const { ts, body } of page.items)
      readings.push({
        at: ts,
        register_kwh: body.energy_delivered_kwh as number | undefined,
        ...electricalTold(body),
      })
    cursor = page.next_cursor
  } while (cursor !== null)
  return marksOf(readings)
}
