/** What worlds from seeds have found wrong in repairs: each the smallest case of it. */
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import { emptyTables } from '../../adapters/memory-tables.ts'
import { pairTopic } from '../../events/topics.ts'
import { difference } from '../simulation/checkers.ts'
import { lawful } from '../simulation/law.ts'
import { cleanRun } from '../simulation/run.ts'
import { decidedBy, type Given, given, HOMES, rowsOf, thingsOf } from './given.ts'
import { arrived, at, CHARGER, config, evse, thermostat, until } from './messages.ts'

const DAY = 24 * 60
const calls = (minute: number, heating_call: boolean, cooling_call: boolean) =>
  thermostat(minute, { heating_call, cooling_call })

async function asIf(world: Given, prompt: Parameters<typeof cleanRun>[0]): Promise<string | null> {
  return difference(lawful(world.store.dump()), await cleanRun(prompt))
}

describe.each(HOMES)('a repair (%s)', (home) => {
  test('folds no further than it has come, though time had been moved on when its checkpoint was written', async () => {
    const said = [calls(0, true, false), calls(8 * DAY, true, false), calls(8 * DAY + 1, false, false)]
    const [first, second, third] = said as [(typeof said)[0], (typeof said)[0], (typeof said)[0]]
    const swept = until(9 * DAY, 'therm-1')
    const world = await given(home, first, swept, second, third)
    const stuck = rowsOf(world, { event_type: 'alarm' }).filter(({ body }) => body.alarm === 'stuck_call')
    expect(stuck.map(({ ts, retracted }) => [ts, retracted ?? false])).toEqual([
      [at(6 * 60), false],
      [at(8 * DAY + 6 * 60), true],
    ])
    expect(await asIf(world, [...said, swept])).toBeNull()
  })

  test('leaves an end undone that is undone behind the checkpoint at which it comes to what is stored', async () => {
    const often = config(0, CHARGER, { device_type: 'evse', report_interval_s: 60 }, { from: -1 })
    const [plugged, heard, read, back] = [
      evse(0, 'C', { energy_delivered_kwh: 5 }),
      evse(20 * 60, null, { energy_delivered_kwh: 3 }),
      evse(24 * 60, null, { energy_delivered_kwh: 5 }),
      evse(24 * 60 + 1, 'D', { energy_delivered_kwh: 5 }),
    ]
    const world = await given(home, often, plugged, read, back, heard)
    expect(decidedBy(world)).toEqual(['session_start', 'session_end retracted', 'session_continued'])
    expect(await asIf(world, [often, plugged, heard, read, back])).toBeNull()
  })

  test('leaves an alarm that is raised behind it, of what begins in its last millisecond', async () => {
    const [on, off, cool, rest, again, later] = [
      calls(0, true, true),
      thermostat(15, { heating_call: false, cooling_call: false }),
      calls(15, false, true),
      calls(15.04, false, false),
      calls(15.04, false, true),
      calls(9 * DAY, true, false),
    ]
    const world = await given(home, on, cool, rest, again, later, off)
    const live = world.store.dump().summaries.filter(({ kind, retracted }) => kind === 'alarm' && !retracted)
    expect(live.map(({ body }) => body.alarm)).toContain('stuck_call')
    expect(await asIf(world, [on, off, cool, rest, again, later])).toBeNull()
  })

  test('takes back the name that a session had learnt by going on, when it did not go on', async () => {
    const often = config(0, CHARGER, { device_type: 'evse', report_interval_s: 60 }, { from: -1 })
    const [plugged, told, charging, faulted] = [
      evse(0, 'B', { energy_delivered_kwh: 0, session_id: '' }),
      evse(5 * 60, null, { energy_delivered_kwh: 0, session_id: 's-2' }),
      evse(8 * DAY, 'C', { energy_delivered_kwh: 2.3, session_id: 's-2' }),
      evse(7 * DAY, 'E', { session_id: 's-2' }),
    ]
    const world = await given(home, often, plugged, told, charging, faulted)
    const names = world.store.dump().aliases.filter(({ retracted }) => !retracted)
    expect(names).toHaveLength(1)
    expect(await asIf(world, [often, plugged, told, faulted, charging])).toBeNull()
  })

  test('does not open a session again by its name, which it learns with what silence has closed again since', async () => {
    const often = config(0, CHARGER, { device_type: 'evse', report_interval_s: 900 }, { from: -1 })
    const [plugged, back] = [
      evse(0, 'C', { energy_delivered_kwh: 0.8, session_id: '' }),
      evse(8 * DAY, 'D', { energy_delivered_kwh: 0.8, session_id: 's-1' }),
    ]
    const world = await given(home, often, plugged, until(9 * DAY), back)
    expect(decidedBy(world)).toEqual([
      'session_start',
      'session_end retracted',
      'session_continued',
      'session_end',
    ])
    const told = { device_session_id: 's-1', ended_at: at(8 * DAY), end_reason: 'timeout' }
    expect(thingsOf(world, 'session')).toMatchObject([told])
    expect(await asIf(world, [often, plugged, back, until(9 * DAY)])).toBeNull()
  })

  test('a configuration’s row lies where the configuration says, whatever came before it', async () => {
    const [garage, yard] = [
      config(0, CHARGER, { device_type: 'evse', location: 'garage' }),
      config(1, CHARGER, { device_type: 'evse', location: 'yard' }, { from: 0 }),
    ]
    const world = await given(home, evse(0, 'A'), yard, garage)
    const places = rowsOf(world, { origin: 'config' }).map(({ location }) => location)
    expect(places.toSorted()).toEqual(['garage', 'yard'])
  })

  test('tells a timer’s decision anew where a configuration begins in the very millisecond', async () => {
    const garage = config(15, CHARGER, { device_type: 'evse', location: 'garage' })
    const said = [evse(-5, 'C'), evse(0, 'F')]
    const world = await given(home, ...said, until(15), garage)
    expect(rowsOf(world, { event_type: 'session_end' })).toMatchObject([{ ts: at(15), location: 'garage' }])
    expect(await asIf(world, [...said, garage, until(15)])).toBeNull()
  })

  test('of two configurations written at once for the same time the same one holds, in either order', async () => {
    const versions = [60, 900].map((report_interval_s) =>
      config(0, CHARGER, { device_type: 'evse', report_interval_s }),
    )
    const [one, other] = [
      await given(home, ...versions, evse(1, 'B'), until(9 * DAY)),
      await given(home, ...versions.toReversed(), evse(1, 'B'), until(9 * DAY)),
    ]
    const end = (world: Given) => rowsOf(world, { event_type: 'session_end' }).map(({ ts }) => ts)
    expect(end(one)).toEqual(end(other))
  })
})

describe('who had stood still while others went on', () => {
  test('withdraws the rows that it left and that the others never came to', async () => {
    const tables = emptyTables()
    const successor = await given(memoryStore({ tables }), evse(0, 'A'))
    let gone = false
    const slow = memoryStore({
      tables,
      onWrite: async () => {
        if (gone) return
        gone = true
        // Both in one batch: that the car was there already comes before anything is decided of the first.
        await successor.when(evse(10, 'C'), evse(5, 'D'))
      },
    })
    const zombie = await given(slow)
    await zombie.when(evse(10, 'C'))
    expect(await asIf(successor, [evse(0, 'A'), evse(5, 'D'), evse(10, 'C')])).toBeNull()
  })

  test('leaves rows that nobody knows of, where it dies before it sees that it was late; the next repair there finds them', async () => {
    const tables = emptyTables()
    const successor = await given(memoryStore({ tables }), evse(0, 'A'))
    let writes = 0
    const slow = memoryStore({
      tables,
      onWrite: async (what) => {
        if (writes++ === 0) await successor.when(evse(10, 'C'), evse(5, 'D'))
        if (what.startsWith('states')) throw new Error('it dies')
      },
    })
    const zombie = await given(slow)
    await expect(zombie.when(evse(10, 'C'))).rejects.toThrow('it dies')
    const prompt = [evse(0, 'A'), evse(5, 'D'), evse(10, 'C')]
    expect(await asIf(successor, prompt)).toContain('has, and should not')
    await successor.when(evse(20, 'A'))
    expect(await asIf(successor, [...prompt, evse(20, 'A')])).toContain('has, and should not')
    await successor.when(evse(7, null, { energy_delivered_kwh: 1 }))
    expect(
      await asIf(successor, [...prompt, evse(20, 'A'), evse(7, null, { energy_delivered_kwh: 1 })]),
    ).toBeNull()
  })

  test('tells a pair nothing any more that has been told otherwise since', async () => {
    const circuit = { location: 'house', interlock_circuit: 'main' }
    const world = await given('memory', config(0, CHARGER, { device_type: 'evse', ...circuit }))
    await world.when(evse(10, 'C', { current_draw: 16 }))
    const [early] = world.fed
    await world.when(
      config(11, CHARGER, { device_type: 'evse', rated_power_kw: 7.4, ...circuit }, { from: 5 }),
    )
    await world.whenFed()
    const told = () => rowsOf(world, { device_type: 'pair', origin: 'device' }).map(({ body }) => body.config)
    expect(told()).toEqual([{ rated_power_kw: 7.4 }])
    expect(early?.topic).toBe(pairTopic('pair:house:main'))
    await world.when(
      arrived(early?.topic ?? '', 12, new TextDecoder().decode(early?.payload), { source: 'internal' }),
    )
    expect(told()).toEqual([{ rated_power_kw: 7.4 }])
  })
})
