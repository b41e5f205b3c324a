import { describe, expect, test } from 'vitest'
import { isQuiescent } from '../../statecharts/chart.ts'
import { readDeviceState } from '../../statecharts/device-standing.ts'
import { parseDeviceState } from '../../statecharts/device-state.ts'
import { evseSession } from '../../statecharts/evse-session.ts'
import { type Given, given, HOMES, itemOf } from './given.ts'
import { at, evse, THERMOSTAT, thermostat, until } from './messages.ts'

const DAY = 24 * 60

const checkpointsOf = ({ store }: Given, device_id?: string) =>
  store.dump().checkpoints.filter((one) => device_id === undefined || one.device_id === device_id)

const minutesOf = (world: Given, device_id?: string) =>
  checkpointsOf(world, device_id).map(({ ts }) => (ts - at(0)) / 60_000)

describe.each(HOMES)('a checkpoint (%s)', (home) => {
  test('is written with a device’s first event, and whenever its charts come to rest', async () => {
    const world = await given(home, evse(0, 'B'), evse(1, 'C'), evse(2, 'A'), evse(3, 'A'), evse(4, 'B'))
    await world.when(evse(5, 'E'), until(60))
    expect(minutesOf(world)).toEqual([0, 2, 20])
    const last = parseDeviceState(checkpointsOf(world).at(-1)?.state ?? '')
    const session = last.instances.session
    expect(session && isQuiescent(evseSession, session)).toBe(true)
  })

  test('is the whole state at its key', async () => {
    const world = await given(home, evse(0, 'B'), evse(2, 'A'))
    expect(checkpointsOf(world).at(-1)?.state).toBe(JSON.stringify(readDeviceState(itemOf(world))))
    expect(parseDeviceState(itemOf(world).state).horizon).toMatchObject({ ts: at(2) })
  })

  test('is written after 500 events in which nothing came to rest', async () => {
    const world = await given(home)
    await world.when(...Array.from({ length: 1_001 }, (_, n) => evse(n / 10, 'B', { current_draw: n })))
    expect(minutesOf(world)).toEqual([0, 50, 100])
  })

  test('and after a day', async () => {
    const hourly = Array.from({ length: 50 }, (_, n) => evse(60 * n, 'B'))
    const world = await given(home)
    await world.when(...hourly)
    expect(minutesOf(world)).toEqual([0, DAY, 2 * DAY])
  })

  test('waits for all charts of a device to rest', async () => {
    const world = await given(
      home,
      thermostat(0, { heating_call: true, cooling_call: true }),
      thermostat(5, { heating_call: false }),
      thermostat(9, { cooling_call: false }),
    )
    expect(minutesOf(world, THERMOSTAT)).toEqual([0, 9])
  })

  test('is not written by a late event, nor by time in which nothing happens', async () => {
    const world = await given(home, evse(1, 'B'), evse(5, 'A'), evse(2, 'C'), until(9))
    expect(minutesOf(world)).toEqual([1, 5])
  })
})
