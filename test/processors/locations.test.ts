import { describe, expect, test } from 'vitest'
import { type Given, given, HOMES, itemOf, rowsOf, thingsOf } from './given.ts'
import { at, CHARGER, config, evse, until } from './messages.ts'

const DAY = 24 * 60

const inGarage = config(0, CHARGER, { device_type: 'evse', location: 'garage' })

const placesOf = (world: Given, ts: number) => rowsOf(world, { ts }).map(({ location }) => location)

describe.each(HOMES)('the location of a row (%s)', (home) => {
  test('is the configuration’s, and the payload’s own is kept beside it', async () => {
    const world = await given(home, inGarage, evse(1, 'B', { location: 'yard' }))
    expect(placesOf(world, at(1))).toEqual(['garage', 'garage'])
    expect(rowsOf(world, { ts: at(1), origin: 'device' })[0]?.body).toMatchObject({
      payload_location: 'yard',
    })
    expect(thingsOf(world, 'session')).toMatchObject([{ location: 'garage' }])
    expect(itemOf(world).location).toBe('garage')
  })

  test('is the payload’s where the configuration names none, and the last one named where the payload names none', async () => {
    const world = await given(
      home,
      evse(1, 'B', { location: 'yard' }),
      evse(2, 'C'),
      evse(3, 'A', { location: 'street' }),
    )
    expect([1, 2, 3].map((minute) => placesOf(world, at(minute))[0])).toEqual(['yard', 'yard', 'street'])
    expect(itemOf(world).location).toBe('street')
  })

  test('is null where nobody names one', async () => {
    const world = await given(home, evse(1, 'B'))
    expect(placesOf(world, at(1))).toEqual([null, null])
  })

  test('a configuration’s own row lies where it puts the device', async () => {
    const world = await given(home, inGarage)
    expect(rowsOf(world, { origin: 'config' })).toMatchObject([{ location: 'garage' }])
    expect(itemOf(world).location).toBe('garage')
  })
})

describe('a device that moves', () => {
  test('is at the new place from then on, and not before', async () => {
    const move = config(2, CHARGER, { location: 'yard' }, { from: 10 })
    const world = await given('memory', inGarage, move)
    expect(itemOf(world).location).toBe('garage')
    await world.when(evse(5, 'B'), evse(15, 'A'))
    expect(placesOf(world, at(5))).toEqual(['garage', 'garage'])
    expect(placesOf(world, at(15))).toEqual(['yard', 'yard'])
    expect(itemOf(world).location).toBe('yard')
  })

  test('and is seen there once its time has moved on, without a word', async () => {
    const world = await given('memory', inGarage, config(2, CHARGER, { location: 'yard' }, { from: 10 }))
    await world.when(evse(5, 'B'), until(20))
    expect(itemOf(world).location).toBe('yard')
  })

  test('what a timer decided lies where the device was when it came due, whoever noticed it', async () => {
    const records = [evse(1, 'B', { location: 'garage' }), evse(9 * DAY, 'A', { location: 'yard' })] as const
    const byEvent = await given('memory', ...records)
    const bySweep = await given('memory', records[0], until(8 * DAY), records[1])
    for (const world of [byEvent, bySweep]) {
      expect(rowsOf(world, { event_type: 'session_end' })).toMatchObject([{ location: 'garage' }])
      expect(thingsOf(world, 'session')).toMatchObject([{ end_reason: 'timeout', location: 'garage' }])
    }
  })

  test('by configuration too', async () => {
    const move = config(0, CHARGER, { location: 'yard' }, { from: 8 * DAY })
    for (const noticed of [until(9 * DAY), evse(9 * DAY, 'A')]) {
      const world = await given('memory', inGarage, move, evse(1, 'B'))
      await world.when(noticed)
      expect(rowsOf(world, { event_type: 'session_end' })).toMatchObject([{ location: 'garage' }])
    }
  })
})
