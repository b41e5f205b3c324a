import { describe, expect, test } from 'vitest'
import type { NewRecord } from '../../events/record.ts'
import { difference } from '../simulation/checkers.ts'
import { lawful } from '../simulation/law.ts'
import { cleanRun } from '../simulation/run.ts'
import { type Given, given, HOMES, itemOf, rowsOf, thingsOf } from './given.ts'
import { at, CHARGER, config, evse, type Fields, until } from './messages.ts'

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

describe('a session that a repair gives back lies where it was last told before', () => {
  const often = config(0, CHARGER, { device_type: 'evse', report_interval_s: 900 }, { from: -1 })
  const plugged = (minute: number, fields: Fields) =>
    evse(minute, 'B', { energy_delivered_kwh: 0, ...fields })
  const heard = (minutes: number[], fields: Fields = {}) =>
    minutes.map((minute) => evse(minute, null, { energy_delivered_kwh: 0, ...fields }))
  const daily = [DAY + 20, 2 * DAY, 3 * DAY]

  const CASES: Record<string, { prompt: NewRecord[]; late: number; lies: (string | null)[] }> = {
    'at its end, where it is not continued after all': {
      prompt: [
        evse(0, 'C', { session_id: 's-1' }),
        evse(9 * DAY, null),
        evse(9 * DAY + 1, 'B', { event_type: 'session_start' }),
        evse(9 * DAY + 2, 'B', { session_id: 's-1', location: 'garage' }),
      ],
      late: 2,
      lies: [null, null],
    },
    'at the message that told its name, where silence has not closed it after all': {
      prompt: [
        plugged(0, { session_id: '' }),
        evse(10, null, { session_id: 's-1', location: 'yard' }),
        ...heard(daily, { location: 'street' }),
        evse(6 * DAY, null, { energy_delivered_kwh: 0 }),
        evse(11 * DAY, null, { energy_delivered_kwh: 0 }),
      ],
      late: 5,
      lies: ['yard'],
    },
    'where it was continued, likewise': {
      prompt: [
        plugged(0, { session_id: 's-1' }),
        plugged(9 * DAY, { session_id: 's-1', location: 'yard' }),
        ...heard([10 * DAY, 11 * DAY + 1], { location: 'street' }),
        evse(15 * DAY, null, { energy_delivered_kwh: 0 }),
        evse(20 * DAY, null, { energy_delivered_kwh: 0 }),
      ],
      late: 4,
      lies: ['yard'],
    },
    'where the repair tells it, though it comes to what is stored while the session is open': {
      prompt: [
        often,
        evse(1, 'A', { location: 'garage' }),
        evse(2, 'B'),
        ...heard(
          Array.from({ length: 120 }, (_, n) => 10 + n * 15),
          { location: 'garage' },
        ),
      ],
      late: 1,
      lies: ['garage'],
    },
    'and stays where its name was told, behind what is stored': {
      prompt: [
        often,
        evse(1, 'A', { location: 'garage' }),
        evse(2, 'B'),
        ...heard(
          Array.from({ length: 120 }, (_, n) => 10 + n * 15),
          { location: 'street' },
        ),
        evse(1_900, null, { session_id: 's-1', location: 'yard' }),
      ],
      late: 1,
      lies: ['yard'],
    },
  }

  test.each(Object.entries(CASES))('%s', async (_, { prompt, late, lies }) => {
    const others = prompt.filter((_one, n) => n !== late)
    const world = await given('memory', ...others, prompt[late] as NewRecord)
    const told = thingsOf(world, 'session')
    expect(told.map(({ location }) => location)).toEqual(lies)
    expect(difference(lawful(world.store.dump()), await cleanRun(prompt))).toBeNull()
  })
})
