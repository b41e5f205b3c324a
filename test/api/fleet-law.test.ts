/** Whatever happened on the way, the fleet's answer is what charts that are stepped through the same history say. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import { emptyTables, put } from '../../adapters/memory-tables.ts'
import { type StoreDump, TABLE_NAMES } from '../../adapters/store-tables.ts'
import { eventView } from '../../api/event-view.ts'
import { edgesOf } from '../../statecharts/chart-edges.ts'
import { type ChartInstance, chartsOf } from '../../statecharts/device-charts.ts'
import { statesIn } from '../../statecharts/moves.ts'
import { readRecorded } from '../../visualizer/recorded.ts'
import { moveAll, newStepper, standingOf, stepsOf } from '../../visualizer/stepper.ts'
import { at, CHARGER, THERMOSTAT, until } from '../processors/messages.ts'
import { misfortune, setClock } from '../processors/one-device.ts'
import { reordered, withDuplicates } from '../simulation/arrivals.ts'
import { BROKEN } from '../simulation/broken.ts'
import type { Variant } from '../simulation/consumer.ts'
import { cleanDump, faultyDump } from '../simulation/run.ts'
import '../steady-seed.ts'
import { appOver } from './fleet-home.ts'
import type { Body } from './home.ts'

const RUNS = 150
const PATH = 8
const FAULTS = { mishaps: 0.5, reshards: 0, backlog: 1_000 }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

type Told = {
  states: Record<string, number>
  since: number | null
  hour: Counts
  day: Counts
  path: [at: number, edge: string][]
}
type Counts = Record<string, number>

/** As the API answers of the one device, by instance. */
async function answered(
  dump: StoreDump,
  type: 'evse' | 'thermostat',
  minute: number,
): Promise<Record<string, Told>> {
  const tables = emptyTables()
  for (const table of TABLE_NAMES) for (const item of dump[table]) put(tables, table, item)
  const app = appOver(memoryStore({ tables }), minute)
  const told: Record<string, Told> = {}
  for (const { name, chart } of chartsOf(type)) {
    const ask = async (path: string): Promise<Body> =>
      (await app.request(`/v1/charts/${chart.id}/${path}instance=${name}`)).json()
    const fleet = await ask('fleet?')
    const [device] = (await ask('devices?')).items
    const counts = (window: 'hour' | 'day'): Counts =>
      Object.fromEntries(fleet.edges.flatMap((one: Body) => (one[window] ? [[one.edge, one[window]]] : [])))
    told[name] = {
      states: Object.fromEntries(
        fleet.states.flatMap((one: Body) => (one.devices ? [[one.state, one.devices]] : [])),
      ),
      since: device?.since ?? null,
      hour: counts('hour'),
      day: counts('day'),
      path: device ? await pathOf(ask, device.device_id) : [],
    }
  }
  return told
}

async function pathOf(ask: (path: string) => Promise<Body>, device_id: string): Promise<Told['path']> {
  const { items } = await ask(`path?device_id=${device_id}&limit=${PATH}&`)
  return items.map((one: Body) => [one.at, one.edge])
}

/** As the charts say that are stepped through the rows, one by one, by hand as it were. */
function stepped(dump: StoreDump, type: 'evse' | 'thermostat', minute: number): Record<string, Told> {
  const rows = dump.events.filter((row) => !row.retracted && row.device_type === type)
  const text = JSON.stringify({ items: rows.map(eventView) })
  const of = (instance: ChartInstance): Told => {
    const recorded = readRecorded(text, instance, type)
    if ('flaw' in recorded) throw new Error(recorded.flaw)
    const { chart } = instance
    const begun = newStepper(chart, { now: 0, configs: recorded.configs })
    const stepper = moveAll(begun, [...recorded.moves, { until: at(minute) }])
    const refused = stepper.standings.find((one) => one.refused !== null)
    if (refused) throw new Error(refused.refused ?? '')
    const { state } = standingOf(stepper)
    const moving = new Set(
      [...edgesOf(chart.machine).values()].flatMap(({ id, moves }) => (moves ? [id] : [])),
    )
    const taken = stepsOf(stepper).flatMap(({ at: when, edges }) =>
      edges.filter((edge) => moving.has(edge)).map((edge): [number, string] => [when, edge]),
    )
    const counts = (from: number): Counts => {
      const counted: Counts = {}
      for (const [when, edge] of taken) if (when >= from) counted[edge] = (counted[edge] ?? 0) + 1
      return counted
    }
    const now = at(minute)
    return {
      states: Object.fromEntries(statesIn(state.value).map((path) => [path, 1])),
      since: state.since,
      hour: counts(Math.floor((now - HOUR) / (10 * MINUTE)) * 10 * MINUTE),
      day: counts(Math.floor((now - 24 * HOUR) / HOUR) * HOUR),
      path: taken.slice(-PATH),
    }
  }
  return Object.fromEntries(chartsOf(type).map((one) => [one.name, of(one)]))
}

async function disagreement(
  records: Parameters<typeof cleanDump>[0],
  random: Parameters<typeof faultyDump>[1],
  variant: Variant = {},
): Promise<{ is: unknown; should: unknown; moves: number }> {
  const [first, ...others] = records
  if (!first) return { is: null, should: null, moves: 0 }
  const isThermostat = first.topic.includes(THERMOSTAT)
  const type = isThermostat ? 'thermostat' : 'evse'
  const last = Math.max(...records.map(({ received_at }) => received_at))
  const minute = Math.ceil((last - at(0)) / MINUTE) + 60 + random.pick([0, 7, 600])
  const end = until(minute, isThermostat ? THERMOSTAT : CHARGER)
  const late = withDuplicates(reordered([first, ...others], random, random.pick([2, 40])), random, 0.2)
  const faulty = await faultyDump(late, random, FAULTS, { end: [end], variant })
  const clean = await cleanDump([...records, end])
  // Nothing that it said made sense.
  fc.pre(clean.events.some(({ origin }) => origin === 'device'))
  const should = stepped(clean, type, minute)
  const moves = Object.values(should).flatMap(({ day }) => Object.values(day))
  return { is: await answered(faulty, type, minute), should, moves: moves.reduce((a, b) => a + b, 0) }
}

test('states, times and counts are those of a clean fold, in any order, with copies and crashes', async () => {
  let counted = 0
  await fc.assert(
    fc.asyncProperty(setClock, misfortune, async (records, random) => {
      const { is, should, moves } = await disagreement(records, random)
      counted += moves
      expect(is).toEqual(should)
    }),
    { numRuns: RUNS },
  )
  expect(counted).toBeGreaterThan(RUNS)
})

test('a processor that drops what is late is caught', async () => {
  const variant = BROKEN['ignores what comes late'] ?? {}
  const found = await fc.check(
    fc.asyncProperty(setClock, misfortune, async (records, random) => {
      const { is, should } = await disagreement(records, random, variant)
      expect(is).toEqual(should)
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
  expect(found.failed).toBe(true)
})
