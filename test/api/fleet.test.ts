/** The fleet on the chart, in every home. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ChartItemSchema,
  ChartSchema,
  FleetDeviceSchema,
  FleetSchema,
  PathSchema,
} from '../../api/fleet-schemas.ts'
import { listOf } from '../../api/schemas.ts'
import { shippedCharts } from '../../statecharts/device-charts.ts'
import { at, CHARGER, evse, THERMOSTAT, thermostat, until } from '../processors/messages.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'
import { type FleetHome, fleetHome } from './fleet-home.ts'
import { type Body, expectSchema } from './home.ts'

let dynalite: Dynalite
beforeAll(async () => {
  dynalite = await startDynalite()
})
afterAll(() => dynalite.stop())

const charger = (device_id: string) => ({ device_id })

describe.each(['memory', 'sqlite', 'dynamodb'] as FleetHome[])('the fleet (%s)', (name) => {
  let home: Awaited<ReturnType<typeof fleetHome>>
  beforeEach(async () => {
    home = await fleetHome(name, dynalite)
  })

  /** An answer that is as its document says. */
  async function fleetOf(chart: string, minute: number, query = ''): Promise<Body> {
    const { status, body } = await home.ask(`/v1/charts/${chart}/fleet${query}`, minute)
    expect([status, body.detail]).toEqual([200, undefined])
    expectSchema(FleetSchema, body)
    return body
  }
  const inStates = ({ states }: Body) =>
    Object.fromEntries(states.flatMap((one: Body) => (one.devices > 0 ? [[one.state, one.devices]] : [])))
  const taken = ({ edges }: Body, window: 'hour' | 'day') =>
    Object.fromEntries(edges.flatMap((one: Body) => (one[window] > 0 ? [[one.edge, one[window]]] : [])))

  test('with nobody in it says so of every state and edge', async () => {
    const fleet = await fleetOf('evse-session', 0)
    expect(fleet.devices).toBe(0)
    expect(fleet.states.length).toBeGreaterThan(5)
    for (const one of fleet.states)
      expect(one).toMatchObject({ devices: 0, median_s: null, p95_s: null, longest_s: null })
    expect(taken(fleet, 'day')).toEqual({})
    expect(fleet.stuck).toMatchObject({ devices: 0, longest: [] })
  })

  test('counts a device in each state that it is in, with how long', async () => {
    await home.world.when(evse(0, 'B'), evse(10, 'C'), evse(40, 'C', { current_draw: 16 }))
    await home.world.when(evse(0, 'A', charger('b')), evse(5, 'B', charger('c')))
    const fleet = await fleetOf('evse-session', 60)
    expect(fleet.devices).toBe(3)
    expect(inStates(fleet)).toEqual({
      unplugged: 1,
      session: 2,
      'session.connected': 1,
      'session.charging': 1,
    })
    const figures = new Map<string, Body>(fleet.states.map((one: Body) => [one.state, one]))
    expect(figures.get('session.charging')).toMatchObject({ median_s: 3000, p95_s: 3000, longest_s: 3000 })
    expect(figures.get('session')).toMatchObject({ median_s: 3300, p95_s: 3600, longest_s: 3600 })
    expect(figures.get('unplugged')).toMatchObject({ at_rest: true, stuck_after_s: null })
    expect(figures.get('session')).toMatchObject({ stuck_after_s: null })
    expect(figures.get('session.charging')).toMatchObject({ stuck_after_s: 86_400 })
  })

  test('counts how often each edge was taken, in the last hour and in the last day', async () => {
    const session = (minute: number) => [evse(minute, 'B'), evse(minute + 5, 'C'), evse(minute + 15, 'A')]
    await home.world.when(evse(-2_000, 'B'), evse(-1_990, 'A'), ...session(-300), ...session(30))
    const fleet = await fleetOf('evse-session', 80)
    expect(fleet.hour_from).toBe(at(20))
    expect(taken(fleet, 'hour')).toEqual({
      'unplugged / pilot.B': 1,
      'session / pilot.C / 2': 1,
      'session / pilot.A': 1,
    })
    expect(taken(fleet, 'day')).toEqual({
      'unplugged / pilot.B': 2,
      'session / pilot.C / 2': 2,
      'session / pilot.A': 2,
    })
    expect(taken(await fleetOf('evse-session', 200), 'hour')).toEqual({})
    expect(taken(await fleetOf('evse-session', 3_000), 'day')).toEqual({})
  })

  test('is the same when every record has come twice, and after a restart', async () => {
    await home.world.when(evse(0, 'B'), evse(10, 'C'), thermostat(20, { heating_call: true }))
    const before = [await fleetOf('evse-session', 60), await fleetOf('hvac-cycle', 60)]
    await home.world.again(home.world.log)
    await home.restart()
    await home.world.again(home.world.log)
    expect([await fleetOf('evse-session', 60), await fleetOf('hvac-cycle', 60)]).toEqual(before)
    expect(taken(before[0], 'day')).toEqual({ 'unplugged / pilot.B': 1, 'session / pilot.C / 2': 1 })
  })

  test('is put right by a repair: what a late event undoes was never taken', async () => {
    await home.world.when(evse(0, 'A'), evse(10, 'C'), evse(40, 'A'), evse(50, 'B'))
    const before = await fleetOf('evse-session', 60)
    expect(taken(before, 'hour')).toMatchObject({ 'unplugged / pilot.C': 1, 'unplugged / pilot.B': 1 })
    await home.world.when(evse(5, 'B', {}, { received: 55 }), evse(45, 'C', {}, { received: 56 }))
    const fleet = await fleetOf('evse-session', 60)
    expect(inStates(fleet)).toEqual({ session: 1, 'session.connected': 1 })
    expect(taken(fleet, 'hour')).toEqual({
      'unplugged / pilot.B': 1,
      'session / pilot.C / 2': 1,
      'session / pilot.A': 1,
      'unplugged / pilot.C': 1,
      'session / pilot.B / 2': 1,
    })
    const session = fleet.states.find((one: Body) => one.state === 'session')
    expect(session).toMatchObject({ longest_s: 15 * 60 })
  })

  test('counts what time alone led to, at the time at which it was due', async () => {
    await home.world.when(thermostat(0, { heating_call: true }), until(500, THERMOSTAT))
    const fleet = await fleetOf('hvac-cycle', 500)
    expect(taken(fleet, 'day')).toEqual({ 'idle / call.on': 1, 'calling.running / after stuck': 1 })
    const stuck = fleet.states.find((one: Body) => one.state === 'calling.stuck')
    expect(stuck).toMatchObject({ devices: 1, longest_s: (500 - 360) * 60 })
  })

  test('can be narrowed to one of the instances that a device runs', async () => {
    await home.world.when(thermostat(0, { heating_call: true, cooling_call: false }))
    expect(inStates(await fleetOf('hvac-cycle', 1))).toEqual({ idle: 1, calling: 1, 'calling.running': 1 })
    expect(inStates(await fleetOf('hvac-cycle', 1, '?instance=cooling'))).toEqual({ idle: 1 })
  })

  test('says who is stuck: longer than three times the median, or than a day where few are', async () => {
    const ids = ['a', 'b', 'c', 'd']
    for (const id of ids) await home.world.when(evse(600, 'C', charger(id)))
    await home.world.when(evse(0, 'C', charger('e')), evse(0, 'A', charger('f')))
    const fleet = await fleetOf('evse-session', 700)
    expect(fleet.states.find((one: Body) => one.state === 'session.charging').stuck_after_s).toBe(18_000)
    expect(fleet.stuck.longest.map((one: Body) => one.device_id)).toEqual(['e'])
    expect(fleet.stuck).toMatchObject({ devices: 1, rule: expect.stringContaining('three times the median') })
    for (const id of ids) await home.world.when(evse(701, 'A', charger(id)))
    expect((await fleetOf('evse-session', 24 * 60)).stuck.devices).toBe(0)
    expect((await fleetOf('evse-session', 24 * 60 + 1)).stuck.devices).toBe(1)
  })

  test('lists the devices of a state, the longest in it first, page by page', async () => {
    for (const [n, id] of ['d', 'a', 'é/1', 'b'].entries())
      await home.world.when(evse(Math.floor(n / 2), 'B', charger(id)))
    await home.world.when(evse(9, 'C', charger('b')), evse(9, 'A', charger('z')))
    const ids: string[] = []
    let cursor = ''
    do {
      const query = `?state=session&limit=1${cursor && `&cursor=${cursor}`}`
      const { status, body } = await home.ask(`/v1/charts/evse-session/devices${query}`, 60)
      expect(status).toBe(200)
      expectSchema(listOf(FleetDeviceSchema), body)
      ids.push(...body.items.map((one: Body) => one.device_id))
      cursor = body.next_cursor ?? ''
    } while (cursor)
    expect(ids).toEqual(['a', 'd', 'b', 'é/1'])
    const { body } = await home.ask('/v1/charts/evse-session/devices?state=session.charging', 60)
    expect(body.items).toMatchObject([
      { device_id: 'b', instance: 'session', state: 'session.charging', since: at(9), for_s: 51 * 60 },
    ])
    expect((await home.ask('/v1/charts/evse-session/devices', 60)).body.items).toHaveLength(5)
  })

  test('tells the path of a device: the edges that it took last, in order, from its rows', async () => {
    const life = Array.from({ length: 6 }, (_, n) => [
      evse(100 * n, 'B'),
      evse(100 * n + 5, 'C'),
      evse(100 * n + 6, 'C', { current_draw: 16 }),
      evse(100 * n + 20, 'A'),
    ])
    await home.world.when(...life.flat(), evse(700, 'B'))
    const { status, body } = await home.ask(`/v1/charts/evse-session/path?device_id=${CHARGER}&limit=5`, 800)
    expect(status).toBe(200)
    expectSchema(PathSchema, body)
    expect(body).toMatchObject({
      instance: 'session',
      state: 'session.connected',
      since: at(700),
      more: true,
    })
    expect(body.items).toEqual([
      step(420, 'session / pilot.A', 'session.charging', 'unplugged'),
      step(500, 'unplugged / pilot.B', 'unplugged', 'session.connected'),
      step(505, 'session / pilot.C / 2', 'session.connected', 'session.charging'),
      step(520, 'session / pilot.A', 'session.charging', 'unplugged'),
      step(700, 'unplugged / pilot.B', 'unplugged', 'session.connected'),
    ])
    const whole = await home.ask(`/v1/charts/evse-session/path?device_id=${CHARGER}&limit=100`, 800)
    expect(whole.body).toMatchObject({ more: false })
    expect(whole.body.items).toHaveLength(19)
  })

  test('a path has what timers led to, each at its own time', async () => {
    await home.world.when(thermostat(0, { heating_call: true }), thermostat(400, { heating_call: false }))
    const { body } = await home.ask(`/v1/charts/hvac-cycle/path?device_id=${THERMOSTAT}`, 800)
    const told = body.items.map(({ at: when, edge, by }: Body) => [(when - at(0)) / 60_000, edge, by])
    expect(told).toEqual([
      [0, 'idle / call.on', 'state_change'],
      [360, 'calling.running / after stuck', expect.stringContaining('stuck')],
      [400, 'calling / call.off / 2', 'state_change'],
    ])
  })

  test('the charts are told as data and as drawings', async () => {
    const { body } = await home.ask('/v1/charts', 0)
    expectSchema(listOf(ChartItemSchema), body)
    expect(body.items.map(({ id }: Body) => id)).toEqual(shippedCharts().map(({ id }) => id))
    expect(body.items[1]).toMatchObject({
      id: 'hvac-cycle',
      version: 1,
      device_types: ['thermostat'],
      instances: ['heating', 'cooling'],
      states: expect.arrayContaining([{ state: 'calling.stuck', at_rest: false }]),
    })
    for (const { id } of shippedCharts()) {
      const { body: chart } = await home.ask(`/v1/charts/${id}`, 0)
      expectSchema(ChartSchema, chart)
      expect(chart.svg).toContain(`<title id="chart-title">${id}, version 1</title>`)
      const counted = (await fleetOf(id, 0)).edges.map(({ edge }: Body) => edge)
      const drawn = chart.graph.edges.map((edge: Body) => edge.id)
      expect(drawn).toEqual(expect.arrayContaining(counted))
    }
  })

  test('what cannot be answered is refused in one sentence', async () => {
    await home.world.when(evse(0, 'A'))
    const refused = async (path: string) => {
      const { status, body } = await home.ask(path, 1)
      return [status, body.detail]
    }
    expect(await refused('/v1/charts/nothing/fleet')).toEqual([
      404,
      'no chart "nothing" runs here; those that do are evse-session, hvac-cycle, ev-interlock',
    ])
    const evseSession = '/v1/charts/evse-session'
    expect(await refused(`${evseSession}/devices?state=charging`)).toEqual([
      400,
      expect.stringMatching(/^state: "charging" is none of unplugged, unavailable, session, /),
    ])
    expect(await refused(`${evseSession}/fleet?instance=heating`)).toEqual([
      400,
      'instance: "heating" is none of session',
    ])
    expect(await refused(`${evseSession}/path`)).toEqual([400, 'device_id: absent but required'])
    expect(await refused(`${evseSession}/path?device_id=nobody`)).toEqual([
      404,
      'no device "nobody" has been heard of',
    ])
    expect(await refused(`/v1/charts/hvac-cycle/path?device_id=${CHARGER}`)).toEqual([
      404,
      `"${CHARGER}" is on no chart hvac-cycle`,
    ])
    for (const cursor of ['x', 'bnVsbA', 'WyJmbGVldCIsInQiLCJhIiwiYiJd'])
      expect(await refused(`${evseSession}/devices?cursor=${cursor}`)).toEqual([
        400,
        `cursor: "${cursor}" is none that this list has given out`,
      ])
    for (const path of ['', '/evse-session', '/evse-session/fleet', '/evse-session/devices'])
      expect((await refused(`/v1/charts${path}?limt=5`))[0]).toBe(400)
  })
})

function step(minute: number, edge: string, from: string, to: string) {
  return { at: at(minute), edge, by: 'state_change', from, to }
}
