/** Energy by hour, day and month: what the nights have aggregated, and behind that what the store has. */
import { Type } from 'typebox'
import { rounded } from '../energy/limits.ts'
import type { EnergyHour, EnergyQuery } from '../events/energy-hours.ts'
import { liveHours } from './live-energy.ts'
import { Problem } from './problem.ts'
import { badParameter, enumParam, rangeParams, textParam } from './query.ts'
import { type Route, route } from './route.ts'

const PERIODS = ['hour', 'day', 'month'] as const
type Period = (typeof PERIODS)[number]

const Nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(
  schema: T,
  said: { description?: string } = {},
) => Type.Union([schema, Type.Null()], said)

const EnergySchema = Type.Object({
  by: Type.Enum([...PERIODS]),
  period: Type.String({
    description: 'The local day or month (`2026-11-20`, `2026-11`), or the hour’s beginning in UTC.',
  }),
  starts_at: Type.Integer({ description: 'Of its first hour in the range.' }),
  ends_at: Type.Integer(),
  timezone: Type.String({ description: 'The configuration’s, UTC otherwise.' }),
  device_id: Nullable(Type.String()),
  location: Nullable(Type.String()),
  delivered_kwh: Type.Number({ description: 'By chargers, to vehicles.' }),
  consumed_kwh: Type.Number({ description: 'By what heats and cools.' }),
  sessions: Type.Integer({ description: 'That began in it.' }),
  cycles: Type.Integer({ description: 'That began in it.' }),
  charging_s: Type.Number(),
  cycle_s: Type.Number(),
  peak_power_kw: Nullable(Type.Number(), {
    description:
      'Of what was told as power, or as current and voltage; by the rated voltage of sessions within one hour alone. Null where nobody told.',
  }),
  split: Type.Union([Type.Literal('register'), Type.Literal('time'), Type.Null()], {
    description:
      'How sessions that reach beyond an hour were split: by register, or in part in proportion to time.',
  }),
})

const MOST_ITEMS = 10_000

export const energyRoute: Route = route({
  method: 'GET',
  path: '/v1/energy',
  summary: 'Energy of a device, or of a location in sum, by hour, day or month of its time zone',
  query: {
    by: enumParam('`day` unless told.', PERIODS),
    device_id: textParam('Of this device.'),
    location: textParam('Of all devices of this location; not together with device_id.'),
    ...rangeParams,
  },
  status: 200,
  response: Type.Object({
    items: Type.Array(EnergySchema),
    aggregated_until: Type.Integer({ description: 'What ends later comes from the live rows.' }),
  }),
  problems: [503],
  handle: async ({ ports, query }) => {
    const { by = 'day', device_id, location, from, to } = query
    if (device_id !== undefined && location !== undefined)
      throw badParameter('location', location, 'is given together with device_id')
    if (device_id === undefined && location === undefined)
      throw badParameter('device_id', undefined, 'but required, or location in its place')
    const whose = device_id !== undefined ? { device_id } : { location: location as string }
    const asked: EnergyQuery = { by: whose, from, to }
    const after = (await ports.energy?.aggregatedUntil()) ?? 0
    const aggregated = (await ports.energy?.hours(asked)) ?? []
    const live = await liveHours(ports.store, asked, { after, now: ports.now() })
    const items = periodsOf([...aggregated.filter(({ ends_at }) => ends_at <= after), ...live], by, whose)
    if (items.length > MOST_ITEMS)
      throw new Problem(
        400,
        `from: ${items.length} items are more than ${MOST_ITEMS}: ask for less, or by a longer period`,
      )
    return { body: { items, aggregated_until: after } }
  },
})

type Item = Omit<EnergyHour, 'day' | 'device_id'> & { by: Period; period: string; device_id: string | null }

/** Hours of one period as one item, by time. */
function periodsOf(hours: EnergyHour[], by: Period, whose: EnergyQuery['by']): Item[] {
  const items = new Map<string, Item>()
  for (const hour of hours) {
    const period = periodOf(hour, by)
    const known = items.get(period)
    items.set(period, known ? added(known, hour) : { ...itemOf(hour, by, period), ...ownerOf(whose, hour) })
  }
  return [...items.values()].sort((a, b) => a.starts_at - b.starts_at)
}

function ownerOf(whose: EnergyQuery['by'], hour: EnergyHour): Pick<Item, 'device_id' | 'location'> {
  if ('location' in whose) return { device_id: null, location: whose.location }
  return { device_id: whose.device_id, location: hour.location }
}

function periodOf({ day, starts_at }: EnergyHour, by: Period): string {
  if (by === 'day') return day
  if (by === 'month') return day.slice(0, 7)
  return new Date(starts_at).toISOString()
}

function itemOf({ day: _day, ...hour }: EnergyHour, by: Period, period: string): Item {
  return { by, period, ...hour }
}

function added(item: Item, hour: EnergyHour): Item {
  const peaks = [item.peak_power_kw, hour.peak_power_kw].filter((peak) => peak !== null)
  return {
    ...item,
    starts_at: Math.min(item.starts_at, hour.starts_at),
    ends_at: Math.max(item.ends_at, hour.ends_at),
    delivered_kwh: rounded(item.delivered_kwh + hour.delivered_kwh),
    consumed_kwh: rounded(item.consumed_kwh + hour.consumed_kwh),
    sessions: item.sessions + hour.sessions,
    cycles: item.cycles + hour.cycles,
    charging_s: item.charging_s + hour.charging_s,
    cycle_s: item.cycle_s + hour.cycle_s,
    peak_power_kw: peaks.length > 0 ? Math.max(...peaks) : null,
    split: item.split === 'time' || hour.split === 'time' ? 'time' : (item.split ?? hour.split),
  }
}
