/** History put right by what comes late (DESIGN §5.4): what was decided too soon is withdrawn, and told anew. */
import { describe, expect, test } from 'vitest'
import { keyText } from '../../events/key.ts'
import type { Summary } from '../../events/ports.ts'
import type { NewRecord } from '../../events/record.ts'
import { lawful } from '../simulation/law.ts'
import { decidedBy, type Given, given, HOMES, type Home, itemOf, rowsOf, storeAt } from './given.ts'
import { at, config, evse, THERMOSTAT, thermostat, until } from './messages.ts'

const DAY = 24 * 60

function summariesOf({ store }: Given, kind: Summary['kind'], retracted = false): Summary[] {
  return store
    .dump()
    .summaries.filter((one) => one.kind === kind && (one.retracted === true) === retracted)
    .sort((a, b) => a.started_at - b.started_at)
}

/** Minutes of start and end of what is live. */
const spans = (world: Given, kind: Summary['kind'] = 'session') =>
  summariesOf(world, kind).map(({ body }) =>
    [body.started_at, body.ended_at].map((ms) => (ms === null ? null : ((ms as number) - at(0)) / 60_000)),
  )

/** All but the last in order, the last late; held against the world in which it came in its turn. */
async function late(home: Home, ...records: NewRecord[]): Promise<Given> {
  const world = await given(home, ...records)
  expect(world.counted.late).toBe(1)
  const timeOf = ({ payload }: NewRecord) => {
    const { timestamp, until, effective_from } = JSON.parse(new TextDecoder().decode(payload))
    return timestamp ?? until ?? effective_from
  }
  const prompt = await given('memory', ...records.toSorted((a, b) => timeOf(a) - timeOf(b)))
  const { events, summaries, aliases } = lawful(world.store.dump())
  const { states: _, ...clean } = lawful(prompt.store.dump())
  expect({ summaries, aliases }).toEqual({ summaries: clean.summaries, aliases: clean.aliases })
  const decided = (rows: unknown[] = []) =>
    rows.filter((row) => (row as { origin: string }).origin === 'chart')
  expect(decided(events).map(withoutArrival)).toEqual(decided(clean.events).map(withoutArrival))
  return world
}

/** When a record came is the one thing that being late does change. */
function withoutArrival(row: unknown): unknown {
  const { received_at: _, ...rest } = row as Record<string, unknown>
  return rest
}

describe.each(HOMES)('a late event (%s)', (home) => {
  test('that unplugs splits a session', async () => {
    const world = await late(home, evse(0, 'B'), evse(10, 'C'), evse(60, 'A'), evse(5, 'A'))
    expect(spans(world)).toEqual([
      [0, 5],
      [10, 60],
    ])
    expect(summariesOf(world, 'session', true)).toEqual([])
  })

  test('that plugs in lengthens a session, and the one that began too late leads to it', async () => {
    const world = await late(home, evse(0, 'A'), evse(10, 'C'), evse(60, 'A'), evse(5, 'B'))
    expect(spans(world)).toEqual([[5, 60]])
    const [withdrawn] = summariesOf(world, 'session', true)
    expect(withdrawn).toMatchObject({
      started_at: at(10),
      superseded_by: summariesOf(world, 'session')[0]?.id,
    })
  })

  test('that says a fault had passed makes one session of two', async () => {
    const world = await late(
      home,
      evse(0, 'B'),
      evse(10, 'E'),
      until(60),
      evse(70, 'C'),
      evse(90, 'A'),
      evse(12, 'B'),
    )
    expect(spans(world)).toEqual([[0, 90]])
    const [withdrawn] = summariesOf(world, 'session', true)
    expect(withdrawn).toMatchObject({
      started_at: at(70),
      superseded_by: summariesOf(world, 'session')[0]?.id,
    })
  })

  test('with a reading changes the energy, under the same keys, with a higher revision', async () => {
    const kwh = (energy_delivered_kwh: number) => ({ energy_delivered_kwh })
    const records = [evse(0, 'C', kwh(0)), evse(60, 'C', kwh(5)), evse(90, 'A')]
    const before = await given(home, ...records)
    const [was] = rowsOf(before, { event_type: 'session_end' })
    expect(was?.body.energy_kwh).toBe(5)
    const world = await late(home, ...records, evse(80, 'C', kwh(7)))
    const ends = rowsOf(world, { event_type: 'session_end' })
    expect(ends).toMatchObject([{ ts: was?.ts, ord: was?.ord, body: { energy_kwh: 7 } }])
    expect(ends[0]?.revision).toBe((was?.revision ?? 0) + 1)
    expect(summariesOf(world, 'session')[0]?.body.energy_kwh).toBe(7)
  })

  test('that shows a session never was withdraws it: its row, its name, what was decided', async () => {
    const world = await late(
      home,
      evse(0, 'B', { session_id: 's-1' }),
      evse(10, 'C', { session_id: 's-1' }),
      evse(60, 'A'),
      evse(-5, 'B', { session_id: 's-1' }),
    )
    expect(spans(world)).toEqual([[-5, 60]])
    const [now] = summariesOf(world, 'session')
    const [withdrawn] = summariesOf(world, 'session', true)
    expect(withdrawn).toMatchObject({ retracted: true, superseded_by: now?.id })
    const names = world.store.dump().aliases
    expect(names.filter(({ retracted }) => !retracted).map(({ target }) => target)).toEqual([now?.id])
    expect(names.filter(({ retracted }) => retracted).map(({ target }) => target)).toEqual([withdrawn?.id])
  })

  test('undoes a timeout that a sweep had decided', async () => {
    const world = await given(home, evse(0, 'B'), until(8 * DAY))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end'])
    await world.when(evse(3 * DAY, 'C', {}, { received: 8 * DAY + 1 }))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end retracted'])
    expect(spans(world)).toEqual([[0, null]])
    expect(itemOf(world).next_due).toBe(at(10 * DAY))
  })

  test('that unplugs a silent charger takes back the continuation, and the timeout holds again', async () => {
    const mine = { session_id: 's-1' }
    const world = await given(
      home,
      evse(0, 'B', mine),
      until(8 * DAY),
      evse(9 * DAY, 'C', mine),
      evse(9 * DAY + 60, 'A'),
    )
    expect(spans(world)).toEqual([[0, 9 * DAY + 60]])
    await world.when(evse(8 * DAY + 1, 'A'))
    const prompt = await given(home, evse(0, 'B', mine), evse(8 * DAY + 1, 'A'), evse(9 * DAY, 'C', mine))
    await prompt.when(evse(9 * DAY + 60, 'A'))
    expect(spans(world)).toEqual(spans(prompt))
    expect(lawful(world.store.dump()).summaries).toEqual(lawful(prompt.store.dump()).summaries)
    const live = ({ retracted }: { retracted?: boolean }) => !retracted
    expect(rowsOf(world, { origin: 'chart' }).filter(live).map(keyText)).toEqual(
      rowsOf(prompt, { origin: 'chart' }).filter(live).map(keyText),
    )
  })

  test('before a timer that fired too soon, where a sweep was ahead of the checkpoint, takes the timer back', async () => {
    const backlog = [evse(10, 'A'), evse(15, 'B'), evse(16, 'E'), evse(20, 'B')]
    const world = await given(home, evse(0, 'B'), until(100), ...backlog)
    expect(spans(world)).toEqual([
      [0, 10],
      [15, null],
    ])
    const prompt = await given('memory', evse(0, 'B'), ...backlog, until(100))
    expect(lawful(world.store.dump()).summaries).toEqual(lawful(prompt.store.dump()).summaries)
  })

  test('changes nothing when it comes a second time', async () => {
    const unplugged = evse(5, 'A')
    const world = await given(home, evse(0, 'B'), evse(10, 'C'), evse(60, 'A'), unplugged)
    const before = { ...world.store.dump(), positions: [] }
    expect(await world.when(unplugged)).toMatchObject({ duplicates: 1, late: 0, events: 0 })
    expect({ ...world.store.dump(), positions: [] }).toEqual(before)
  })

  test('is known by its row when it comes again beyond the recent window', async () => {
    const unplugged = evse(5, 'A')
    const world = await given(home, evse(0, 'B'), evse(10, 'C'), unplugged)
    await world.when(...Array.from({ length: 40 }, (_, n) => evse(61 + n, null, { current_draw: n })))
    const { events, summaries } = world.store.dump()
    expect(await world.when(unplugged)).toMatchObject({ duplicates: 1, late: 0, events: 0 })
    expect(world.store.dump()).toMatchObject({ events, summaries })
  })
})

describe.each(HOMES)('what is withdrawn (%s)', (home) => {
  test('stays as a row that is marked, and the one in its place names it', async () => {
    const world = await given(home, evse(0, 'A'), evse(10, 'C'), evse(60, 'A'))
    const [was] = rowsOf(world, { event_type: 'session_start' })
    await world.when(evse(5, 'B'))
    const [now, old] = rowsOf(world, { event_type: 'session_start' })
    expect(old).toEqual({
      ...was,
      retracted: true,
      because: expect.stringMatching(/^late_event /),
      revision: (was?.revision ?? 0) + 1,
      applied: old?.applied,
    })
    expect(now).toMatchObject({ ts: at(5), supersedes: keyText(old ?? { ts: 0, ord: '' }) })
    expect(now).not.toHaveProperty('retracted')
  })

  test('no row of what came in is ever withdrawn', async () => {
    const world = await given(home, evse(0, 'A'), evse(10, 'C'), evse(60, 'A'), evse(5, 'B'))
    expect(rowsOf(world, { origin: 'device' }).map(({ retracted }) => retracted)).toEqual(
      Array.from({ length: 4 }, () => undefined),
    )
  })
})

describe.each(HOMES)('a configuration (%s)', (home) => {
  const cycle = [thermostat(10, { heating_call: true }), thermostat(70, { heating_call: false })]
  const rated = (minute: number, kw: number, from: number) =>
    config(minute, THERMOSTAT, { device_type: 'thermostat', rated_power_heating_kw: kw }, { from })
  const energies = (world: Given) =>
    summariesOf(world, 'cycle').map(({ body }) => [body.energy_consumed_kwh, body.energy_missing ?? null])

  test('that is backdated changes the energy of the cycles that it touches, and of no other', async () => {
    const world = await given(home, rated(0, 5, 0), ...cycle, thermostat(110, { heating_call: true }))
    await world.when(thermostat(170, { heating_call: false }))
    await world.when(rated(200, 7, 100))
    expect(energies(world)).toEqual([
      [5, null],
      [7, null],
    ])
  })

  test('with the first rating fills the energy of earlier cycles', async () => {
    const world = await given(home, ...cycle)
    expect(energies(world)).toEqual([[null, 'rated_power_heating_kw']])
    await world.when(rated(100, 5, 100))
    expect(energies(world)).toEqual([[5, null]])
  })
})

describe.each(HOMES)('a repair is bounded (%s)', (home) => {
  /** 5,000 messages: sessions of half an hour, each followed by a rest. */
  const life = Array.from({ length: 5_000 }, (_, n) => {
    const state = n % 60 === 0 ? 'B' : n % 60 < 30 ? 'C' : 'A'
    return evse(n, state, { current_draw: n % 60 < 30 ? 16 : 0, x: n })
  })

  /** So long a state tells how often edges were taken, and so many rows of a day are read in pieces. */
  const DAY_OF_ROWS = 26 * 62 + 500

  test('it reads the stretch to the first later checkpoint where the states are one, and no more', async () => {
    const inner = await storeAt(home)
    await (await given(inner)).when(...life)
    let rows = 0
    const history: typeof inner.history = async (...of) => {
      const found = await inner.history(...of)
      rows += found.length
      return found
    }
    const { events } = inner.dump()
    const world = await given({ ...inner, history })
    expect(await world.when(evse(610.5, 'A', {}, { received: 5_001 }))).toMatchObject({ late: 1 })
    expect(rows).toBeGreaterThan(20)
    expect(rows).toBeLessThan(DAY_OF_ROWS)
    const beyond = (of: typeof events) => of.filter(({ ts }) => ts > at(660))
    expect(beyond(inner.dump().events)).toEqual(beyond(events))
    expect(spans(world).slice(9, 13)).toEqual([
      [540, 570],
      [600, 610.5],
      [611, 630],
      [660, 690],
    ])
  })
})
