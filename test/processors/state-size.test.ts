/** A device's state is written with every event, and a hot table bills by the kilobyte: these bounds are what it may cost. */
import { describe, expect, test } from 'vitest'
import type { NewRecord } from '../../events/record.ts'
import { type Given, given, itemOf, stateOf, thingsOf } from './given.ts'
import { bootedEvse, CHARGER, config, evse, THERMOSTAT, thermostat, until } from './messages.ts'

const KB = 1024
const LONGEST = 'x'.repeat(256)

const bytesOf = (world: Given) => Buffer.byteLength(itemOf(world).state)

/** A charger that flickers between B and C every minute. */
function flicker(first: number, minutes: number, fields = {}): NewRecord[] {
  return Array.from({ length: minutes }, (_, n) => {
    return evse(first + n, n % 2 ? 'B' : 'C', { energy_delivered_kwh: (first + n) / 100, ...fields })
  })
}

describe('the state of a device', () => {
  test('a charger in the middle of a session takes less than 3 KB', async () => {
    const rated = config(0, CHARGER, {
      device_type: 'evse',
      location: 'garage_1',
      timezone: 'Europe/Berlin',
      rated_voltage_v: 240,
      rated_power_kw: 11,
      report_interval_s: 60,
    })
    const readings = Array.from({ length: 100 }, (_, n) =>
      evse(2 + n, 'C', {
        current_draw: 16.123,
        voltage_v: 239.8,
        energy_delivered_kwh: 100 + n * 0.0612,
        session_id: '3f2b9a10-4c5d-4e6f-8a9b-0c1d2e3f4a5b',
      }),
    )
    const world = await given('memory', rated)
    await world.when(evse(1, 'A'), ...readings)
    expect(bytesOf(world)).toBeLessThan(3 * KB)
  })

  test('an idle thermostat takes less than 2 KB', async () => {
    const calls = Array.from({ length: 41 }, (_, n) =>
      thermostat(10 * n, { heating_call: n % 2 === 1, cooling_call: false }),
    )
    const rated = config(0, THERMOSTAT, { device_type: 'thermostat', rated_power_heating_kw: 5 })
    const world = await given('memory', rated)
    await world.when(...calls)
    expect(bytesOf(world)).toBeLessThan(2 * KB)
  })

  test('a night of flicker takes no more than its first hours did, and keeps its times and its energy', async () => {
    const world = await given('memory')
    await world.when(...flicker(0, 400))
    const early = bytesOf(world)
    await world.when(...flicker(400, 4_000))
    expect(bytesOf(world)).toBeLessThan(early + 100)
    await world.when(evse(4_400, 'A', { energy_delivered_kwh: 44 }))
    const [session] = thingsOf(world, 'session')
    const legs = session?.legs as { energy_kwh: number }[]
    expect(session).toMatchObject({ energy_kwh: 44, charging_s: 2_200 * 60, legs_merged: 2_100 })
    expect(legs.reduce((sum, leg) => sum + leg.energy_kwh, 0)).toBeCloseTo(44, 6)
  })

  test('years of sessions, boots, ids and silence leave no trace that grows', async () => {
    const life = (year: number) => {
      const start = year * 365 * 24 * 60
      const named = { session_id: `${LONGEST.slice(6)}${year}`, location: LONGEST }
      return [
        bootedEvse(start, 5, 'A'),
        ...flicker(start + 10, 50, named),
        until(start + 9 * 24 * 60),
        evse(start + 10 * 24 * 60, 'A', { timestamp: 9e12 + year }),
      ]
    }
    const world = await given('memory')
    for (let year = 0; year < 20; year++) await world.when(...life(year))
    const before = bytesOf(world)
    for (let year = 20; year < 60; year++) await world.when(...life(year))
    expect(bytesOf(world)).toBeLessThan(before + 100)
    expect(stateOf(world).clock.boots.length).toBeLessThan(10)
    expect(before).toBeLessThan(8 * KB)
  })

  test('the longest of everything that a charger can say fits a hot table’s item many times over', async () => {
    const world = await given('memory')
    await world.when(...flicker(0, 500, { session_id: LONGEST, location: LONGEST, event_id: LONGEST }))
    await world.when(until(500 + 8 * 24 * 60))
    expect(bytesOf(world)).toBeLessThan(40 * KB)
  })
})
