/** What comes too late to be folded is listed, moves nothing, and is told by the records alone (DESIGN §5.5). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { NewRecord } from '../../events/record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { withDuplicates } from '../simulation/arrivals.ts'
import { noMetrics, silentLogger } from '../simulation/consumer.ts'
import { lawful } from '../simulation/law.ts'
import { cleanRun, faultyRun } from '../simulation/run.ts'
import '../steady-seed.ts'
import { forgettingStore } from './forgetting.ts'
import { decidedBy, type Given, given, HOMES, itemOf, rowsOf, stateOf, thingsOf } from './given.ts'
import { at, CHARGER, config, evse, THERMOSTAT, thermostat, until } from './messages.ts'
import { misfortune } from './one-device.ts'

const DAY = 24 * 60
const FAULTS = { mishaps: 0.5, reshards: 0, backlog: 1_000 }

const listOf = ({ store }: Given) => store.dump().summaries.filter(({ kind }) => kind === 'too_old')

/** A session a day, from nine to ten. */
function daily(first: number, last: number): NewRecord[] {
  return Array.from({ length: last - first + 1 }, (_, n) => (first + n) * DAY).flatMap((day) => [
    evse(day, 'B', { energy_delivered_kwh: day / DAY }),
    evse(day + 60, 'A', { energy_delivered_kwh: day / DAY + 1 }),
  ])
}

describe.each(HOMES)('an event that comes 100 days late (%s)', (home) => {
  test('is listed with its place in the log, and moves nothing', async () => {
    const world = await given(home)
    await world.when(...daily(0, 120))
    const before = { decided: decidedBy(world), rows: rowsOf(world).length, state: stateOf(world) }
    const report = await world.when(evse(20 * DAY + 30, 'A', {}, { received: 121 * DAY }))
    expect(report).toMatchObject({ events: 0, late: 0, too_old: 1, duplicates: 0 })
    expect(world.counted.too_old).toBe(1)
    expect(decidedBy(world)).toEqual(before.decided)
    expect(rowsOf(world)).toHaveLength(before.rows)
    const { applied: _a, clock: _c, recent: _r, counters, ...state } = stateOf(world)
    expect(counters).toEqual({ ...before.state.counters, too_old: 1 })
    expect(before.state).toMatchObject(state)
    const [item, ...others] = listOf(world)
    expect(others).toEqual([])
    expect(item).toMatchObject({
      device_id: CHARGER,
      started_at: at(121 * DAY),
      ttl: Math.floor(at(121 * DAY) / 1000) + 365 * 86_400,
      body: {
        what: 'event',
        event_time: at(20 * DAY + 30),
        reported_timestamp: at(20 * DAY + 30),
        received_at: at(121 * DAY),
        position: world.log.at(-1)?.position,
        folded_from: null,
      },
    })
  })

  test('is listed once, however often it is delivered', async () => {
    const world = await given(home)
    await world.when(...daily(0, 120))
    const late = evse(20 * DAY + 30, 'A', {}, { received: 121 * DAY })
    await world.when(late, late)
    // Beyond what a state remembers of what came last.
    await world.when(...daily(122, 140))
    const report = await world.when(late, { ...late, received_at: at(141 * DAY) })
    expect(report).toMatchObject({ too_old: 0, duplicates: 2 })
    expect(listOf(world)).toHaveLength(1)
    expect(stateOf(world).counters.too_old).toBe(1)
  })

  test('is folded where nothing was forgotten: a first history may be of any age', async () => {
    const history = daily(-700, -300).toSorted((a, b) => (a.received_at % 7) - (b.received_at % 7))
    const records = history.map((record) => ({ ...record, received_at: at(0) }))
    const [first, ...rest] = records.toReversed()
    const world = await given(home, ...(first ? [first] : []))
    expect(await world.when(...rest)).toMatchObject({ too_old: 0, events: rest.length })
    expect(listOf(world)).toEqual([])
    expect(thingsOf(world, 'session')).toHaveLength(401)
    expect(await world.when(evse(-500 * DAY + 30, 'A', {}, { received: 89 * DAY }))).toMatchObject({
      late: 1,
    })
    expect(await world.when(evse(-400 * DAY + 30, 'A', {}, { received: 91 * DAY }))).toMatchObject({
      too_old: 1,
    })
  })
})

test('an event of the last weeks is repaired, of a device that is known for a year', async () => {
  const world = await given('memory')
  await world.when(...daily(0, 365))
  expect(await world.when(evse(300 * DAY + 30, 'A', {}, { received: 366 * DAY }))).toMatchObject({
    late: 1,
    too_old: 0,
  })
  expect(listOf(world)).toEqual([])
  expect(thingsOf(world, 'session')).toHaveLength(366)
})

test('a backlog in order is folded, whatever its age: the device was away, and nothing has to be mended', async () => {
  const world = await given('memory')
  await world.when(...daily(0, 5))
  const backlog = daily(6, 100).map((record) => ({ ...record, received_at: at(101 * DAY) }))
  expect(await world.when(...backlog)).toMatchObject({ late: 0, too_old: 0, events: backlog.length })
})

test('where nothing is ever forgotten nothing is too old', async () => {
  const world = await given({ ...memoryStore(), keeps_all: true })
  await world.when(...daily(0, 120))
  expect(await world.when(evse(20 * DAY + 30, 'A', {}, { received: 121 * DAY }))).toMatchObject({
    late: 1,
    too_old: 0,
  })
})

test('a device with a year of events repairs the stretch between two checkpoints, and reads no more', async () => {
  const minutes = Array.from({ length: 365 * 24 }, (_, n) => n * 60)
  const inner = memoryStore()
  let read = 0
  const world = await given({
    ...inner,
    history: async (...of) => {
      const rows = await inner.history(...of)
      read += rows.length
      return rows
    },
    checkpoints: async (...of) => {
      const found = await inner.checkpoints(...of)
      read += found.length
      return found
    },
  })
  const hourly = minutes.map((minute) => evse(minute, minute % DAY < 720 ? 'C' : 'A', { current_draw: 10 }))
  await world.when(...hourly)
  expect(read).toBe(0)
  await world.when(evse(300 * DAY + 250, 'C', { current_draw: 11 }, { received: 365 * DAY }))
  expect(read).toBeGreaterThan(0)
  // A day of readings twice over, with what was decided of them: of 8,760.
  expect(read).toBeLessThan(100)
})

describe('a configuration from a time that may be forgotten', () => {
  test('is in force, is folded from the oldest place that is sure, and says so', async () => {
    const world = await given('memory', config(0, THERMOSTAT, { device_type: 'thermostat' }))
    const calls = Array.from({ length: 121 }, (_, n) => n * DAY).flatMap((day) => [
      thermostat(day, { heating_call: true }),
      thermostat(day + 60, { heating_call: false }),
    ])
    await world.when(...calls)
    const rated = config(121 * DAY, THERMOSTAT, { device_type: 'thermostat', rated_power_heating_kw: 5 })
    await world.when(rated)
    const energies = thingsOf(world, 'cycle').map(({ energy_consumed_kwh }) => energy_consumed_kwh)
    expect(energies.slice(0, 30)).toEqual(Array(30).fill(null))
    expect(energies.slice(-87)).toEqual(Array(87).fill(5))
    const [item, ...others] = listOf(world)
    expect(others).toEqual([])
    const { folded_from, what } = item?.body ?? {}
    expect(what).toBe('config')
    expect((at(121 * DAY) - (folded_from as number)) / 86_400_000).toBeCloseTo(88, 1)
    await world.again(world.log.slice(-1))
    expect(listOf(world)).toHaveLength(1)
  })

  test('that changes nothing so old is not listed', async () => {
    const world = await given('memory')
    await world.when(...daily(0, 120))
    await world.when(
      config(121 * DAY, CHARGER, { device_type: 'evse', location: 'yard' }, { from: 100 * DAY }),
    )
    expect(listOf(world)).toEqual([])
  })
})

const WAITS = [1, 16, 300, 2 * DAY, 10 * DAY, 45 * DAY, 45 * DAY]
const OFFS = [0, 0, 0, 0, -1, -30, -3 * DAY, -50 * DAY, -86 * DAY, -87.9 * DAY, -89 * DAY, -100 * DAY]

const step = fc.record({
  wait: fc.constantFrom(...WAITS),
  off: fc.constantFrom(...OFFS),
  pilot: fc.constantFrom('A', 'B', 'C', 'E'),
  what: fc.constantFrom('said', 'said', 'said', 'said', 'said', 'until', 'config'),
})

/** A charger over some years, of whose messages some come very late. */
const life = fc.array(step, { minLength: 10, maxLength: 40 }).map((steps) => {
  let minute = 0
  return steps.map(({ wait, off, pilot, what }): NewRecord => {
    minute += wait
    if (what === 'until') return until(minute, CHARGER)
    if (what === 'config')
      return config(minute, CHARGER, { device_type: 'evse', report_interval_s: 60 }, { from: minute })
    const state = pilot as 'A' | 'B' | 'C' | 'E'
    return evse(minute + off, state, { energy_delivered_kwh: minute / DAY }, { received: minute })
  })
})

test('what was forgotten is never missed: a store that forgets comes to the same as one that keeps everything', async () => {
  await fc.assert(
    fc.asyncProperty(life, async (records) => {
      let now = 0
      const forgets = await given(forgettingStore(() => now))
      const keeps = await given(memoryStore())
      for (const record of records) {
        now = Math.max(now, record.received_at)
        await forgets.when(record)
        await keeps.when(record)
      }
      expect(lawful(forgets.store.dump())).toEqual(lawful(keeps.store.dump()))
    }),
    { numRuns: 400 },
  )
})

test('any batching, duplication and crash points give the same list', async () => {
  let listed = 0
  await fc.assert(
    fc.asyncProperty(life, misfortune, async (records, random) => {
      const clean = await cleanRun(records)
      listed += (clean.summaries ?? []).filter((one) => (one as { kind: string }).kind === 'too_old').length
      expect(await faultyRun(withDuplicates(records, random, 0.2), random, FAULTS)).toEqual(clean)
    }),
    { numRuns: 300 },
  )
  expect(listed).toBeGreaterThan(100)
})

test('a state that does not say since when its device is known is taken for an old one’s', async () => {
  const world = await given('memory')
  await world.when(...daily(0, 3))
  const { first_received_at: _, ...old } = stateOf(world)
  const stored = itemOf(world)
  const state = { ...stored, version: stored.version + 1, state: JSON.stringify(old) }
  const devices = [{ device_id: CHARGER, puts: [], state, expected_version: stored.version }]
  await world.store.write({ devices, quarantined: [] })
  expect(await world.when(evse(-200 * DAY, 'A', {}, { received: 4 * DAY }))).toMatchObject({ too_old: 1 })
  const ports = { store: world.store, metrics: noMetrics, logger: silentLogger }
  await processBatch(world.log, ports)
  expect(listOf(world)).toHaveLength(1)
})
