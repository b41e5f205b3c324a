import { expect, test } from 'vitest'
import { AlarmSchema, CycleSchema, listOf, SessionSchema } from '../../api/schemas.ts'
import type { Summary } from '../../events/ports.ts'
import { chargeOnce, createHome, expectSchema, type Home, MINUTE, T0 } from './home.ts'

async function sessionsOf(home: Home, query = '') {
  const { status, body } = await home.ask(`/v1/sessions${query}`)
  expect(status).toBe(200)
  expectSchema(listOf(SessionSchema), body)
  return body.items as Record<string, unknown>[]
}

test('a finished session has its figures', async () => {
  const home = await createHome()
  await home.putConfig('dev-1', { config: { device_type: 'evse', location: 'yard' }, effective_from: 0 })
  await chargeOnce(home, 'dev-1', 0)
  const [session, ...others] = await sessionsOf(home, '?device_id=dev-1')
  expect(others).toEqual([])
  expect(session).toMatchObject({
    device_id: 'dev-1',
    device_session_id: 'dev-1-0',
    location: 'yard',
    started_at: T0,
    ended_at: T0 + 60 * MINUTE,
    duration_s: 3600,
    charging_s: 1800,
    energy_kwh: 1.84,
    peak_current_a: 16,
    end_reason: 'unplugged',
    revision: 1,
    legs: [{ started_at: T0 + 5 * MINUTE, ended_at: T0 + 35 * MINUTE, energy_kwh: 1.84 }],
  })
})

test('an open session shows its figures so far, in the list and by id', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'C', energy_delivered_kwh: 0 })
  await home.say('evse', 'dev-1', 20, { event_type: 'telemetry', energy_delivered_kwh: 1.5 })
  home.clock.now = T0 + 30 * MINUTE
  const [session] = await sessionsOf(home)
  const soFar = { ended_at: null, energy_kwh: 1.5, duration_s: 1800, charging_s: 1800, end_reason: null }
  expect(session).toMatchObject(soFar)
  expect((await home.ask(`/v1/sessions/${session?.session_id}`)).body).toEqual(session)
  home.clock.now += 10_000
  expect((await sessionsOf(home))[0]).toMatchObject({ duration_s: 1810 })
})

test('a session that ends between two reads of an answer is told as ended', async () => {
  const ended = { session_id: 'x', device_id: 'dev-1', ended_at: T0, energy_kwh: 2 }
  const row: Summary = {
    kind: 'session',
    id: 'x',
    device_id: 'dev-1',
    location: null,
    started_at: 0,
    applied: 1,
    body: ended,
  }
  const plain = await createHome()
  const open = { ...row, body: { ...ended, ended_at: null } }
  const store = {
    ...plain.store,
    summaries: async () => ({ items: [open], next_cursor: null }),
    summary: async () => row,
    device: async () => null,
  }
  const home = await createHome({ store })
  expect((await home.ask('/v1/sessions')).body.items).toEqual([ended])
})

test('sessions come newest first, page by page, by device or by location', async () => {
  const home = await createHome()
  await home.putConfig('dev-2', { config: { device_type: 'evse', location: 'roof' }, effective_from: 0 })
  for (const at of [0, 100, 200]) await chargeOnce(home, 'dev-1', at)
  await chargeOnce(home, 'dev-2', 300)
  const starts = (items: Record<string, unknown>[]) =>
    items.map((one) => ((one.started_at as number) - T0) / MINUTE)
  expect(starts(await sessionsOf(home))).toEqual([300, 200, 100, 0])
  expect(starts(await sessionsOf(home, '?device_id=dev-1'))).toEqual([200, 100, 0])
  expect(starts(await sessionsOf(home, '?location=roof'))).toEqual([300])
  expect(await sessionsOf(home, '?device_id=nobody')).toEqual([])
  const range = `?from=${T0 + 100 * MINUTE}&to=${T0 + 200 * MINUTE}`
  expect(starts(await sessionsOf(home, range))).toEqual([100])
  const first = (await home.ask('/v1/sessions?limit=3')).body
  const second = (await home.ask(`/v1/sessions?limit=3&cursor=${first.next_cursor}`)).body
  expect(starts([...first.items, ...second.items])).toEqual([300, 200, 100, 0])
  expect(second.next_cursor).toBeNull()
})

test('device_id and location together are refused', async () => {
  const home = await createHome()
  const { status, body } = await home.ask('/v1/sessions?device_id=a&location=b')
  expect([status, body.parameter]).toEqual([400, 'location'])
})

test('a session is found by its own id, and by the device’s', async () => {
  const home = await createHome()
  await chargeOnce(home, 'dev-1', 0, { session_id: 'abc/1' })
  const byAlias = await home.ask('/v1/sessions/abc%2F1')
  expect(byAlias.status).toBe(200)
  expectSchema(SessionSchema, byAlias.body)
  expect((await home.ask(`/v1/sessions/${byAlias.body.session_id}`)).body).toEqual(byAlias.body)
  expect((await home.ask('/v1/sessions/abc')).status).toBe(404)
})

test('an id that several devices gave is a 409 with the candidates, and the device chooses', async () => {
  const home = await createHome()
  for (const id of ['dev-1', 'dev-2']) await chargeOnce(home, id, 0, { session_id: '1' })
  const { status, body } = await home.ask('/v1/sessions/1')
  expect(status).toBe(409)
  const candidates = body.candidates as { device_id: string; href: string }[]
  expect(candidates.map(({ device_id }) => device_id).sort()).toEqual(['dev-1', 'dev-2'])
  for (const { href, device_id } of candidates)
    expect((await home.ask(href)).body).toMatchObject({ device_id })
  expect((await home.ask('/v1/sessions/1?device_id=dev-2')).body).toMatchObject({ device_id: 'dev-2' })
  expect((await home.ask('/v1/sessions/1?device_id=dev-3')).status).toBe(404)
})

test('superseded_by is followed, and what was retracted for good is a 404', async () => {
  const home = await createHome()
  await chargeOnce(home, 'dev-1', 0)
  const [session] = await sessionsOf(home)
  const [item] = [...(await home.store.loadStates(['dev-1'])).values()]
  if (!item || !session) throw new Error('nothing was written')
  const gone = {
    kind: 'session',
    device_id: 'dev-1',
    location: null,
    started_at: T0,
    applied: 9,
    retracted: true,
  } as const
  const puts: Summary[] = [
    { ...gone, id: 'first', superseded_by: 'second', body: {} },
    { ...gone, id: 'second', superseded_by: session.session_id as string, body: {} },
    { ...gone, id: 'never', body: {} },
  ]
  const next = { ...item, version: item.version + 1 }
  const write = {
    device_id: 'dev-1',
    puts: puts.map((one) => ({ table: 'summaries' as const, item: one })),
    state: next,
    expected_version: item.version,
  }
  await home.store.write({ devices: [write], quarantined: [] })
  expect((await home.ask('/v1/sessions/first')).body).toEqual(session)
  expect((await home.ask('/v1/sessions/never')).status).toBe(404)
})

test('cycles show hours and energy, those under way so far; a short one is an alarm', async () => {
  const home = await createHome()
  await home.putConfig('hall', {
    config: { device_type: 'thermostat', location: 'house', rated_power_heating_kw: 8 },
    effective_from: 0,
  })
  await home.say('thermostat', 'hall', 0, { heating_call: true })
  await home.say('thermostat', 'hall', 30, { heating_call: false })
  await home.say('thermostat', 'hall', 60, { heating_call: true })
  await home.say('thermostat', 'hall', 61, { heating_call: false })
  await home.say('thermostat', 'hall', 90, { heating_call: true })
  home.clock.now = T0 + 105 * MINUTE
  const { body } = await home.ask('/v1/cycles?device_id=hall')
  expectSchema(listOf(CycleSchema), body)
  expect(body.items).toMatchObject([
    { mode: 'heating', ended_at: null, duration_hours: 0.25, energy_consumed_kwh: 2, end_reason: null },
    { ended_at: T0 + 61 * MINUTE },
    { ended_at: T0 + 30 * MINUTE, duration_hours: 0.5, energy_consumed_kwh: 4, location: 'house' },
  ])
  expect((await home.ask(`/v1/cycles/${body.items[0].cycle_id}`)).body).toEqual(body.items[0])
  expect((await home.ask('/v1/cycles/nothing')).status).toBe(404)
  const alarms = (await home.ask('/v1/alarms?device_id=hall')).body
  expectSchema(listOf(AlarmSchema), alarms)
  expect(alarms.items).toMatchObject([
    { alarm: 'short_cycle', device_id: 'hall', started_at: T0 + 60 * MINUTE },
  ])
})
