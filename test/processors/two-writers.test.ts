import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { HotStore } from '../../events/ports.ts'
import { WriteConflict } from '../../processors/process-batch.ts'
import { NewerState, parseDeviceState } from '../../statecharts/device-state.ts'
import { type DumpedStore, decidedBy, type Given, given, HOMES, itemOf, storeAt } from './given.ts'
import { config, evse, thermostat } from './messages.ts'

/** Another writer comes between this one's reading of a device and its writing, so many times. */
function raced(store: DumpedStore, device_id: string, times: number) {
  const loads: string[][] = []
  let left = times
  let faster = false
  const wrapped: DumpedStore = {
    ...store,
    loadStates: async (device_ids) => {
      loads.push(device_ids)
      faster = left-- > 0
      return store.loadStates(device_ids)
    },
    write: async (batch) => {
      if (faster) await touch(store, device_id)
      faster = false
      return store.write(batch)
    },
  }
  return { store: wrapped, loads }
}

/** Writes the device's state as it is, under its next version. */
async function touch(store: HotStore, device_id: string): Promise<void> {
  const state = (await store.loadStates([device_id])).get(device_id)
  if (!state) throw new Error(`there is no ${device_id} to touch`)
  const next = { ...state, version: state.version + 1 }
  const device = { device_id, puts: [], state: next, expected_version: state.version }
  await store.write({ devices: [device], quarantined: [] })
}

/** Stores the device's state with something in it changed. */
async function rewrite(world: Given, change: (state: ReturnType<typeof parseDeviceState>) => object) {
  const item = itemOf(world)
  const state = { ...parseDeviceState(item.state), ...change(parseDeviceState(item.state)) }
  const next = { ...item, version: item.version + 1, state: JSON.stringify(state) }
  const device = { device_id: item.device_id, puts: [], state: next, expected_version: item.version }
  await world.store.write({ devices: [device], quarantined: [] })
}

describe.each(HOMES)('where another writer was faster (%s)', (home) => {
  test('the batch applies that device again, from what is stored now, and no other', async () => {
    const inner = await storeAt(home)
    await given(inner, evse(1, 'B'), thermostat(1, { heating_call: true }))
    const { store, loads } = raced(inner, 'dev-1', 2)
    const world = await given(store)
    const report = await world.when(evse(2, 'C'), thermostat(2, { heating_call: false }))
    expect(loads).toEqual([['dev-1', 'therm-1'], ['dev-1'], ['dev-1']])
    expect(report).toMatchObject({ events: 2, records: 2 })
    // Where a batch is not written whole, the loser's rows may stand, so it repairs, and marks that it does.
    expect(itemOf(world, 'dev-1')).toMatchObject({ version: inner.atomic ? 4 : 5, applied: 2 })
    expect(itemOf(world, 'therm-1')).toMatchObject({ version: 2, applied: 2 })
    expect(await store.position('test')).toBe(world.log.at(-1)?.position)
  })

  test('five times is enough: the batch is given up, and the place in the log stays', async () => {
    const inner = await storeAt(home)
    await given(inner, evse(1, 'B'))
    const before = await inner.position('test')
    const { store, loads } = raced(inner, 'dev-1', 5)
    const world = await given(store)
    await expect(world.when(evse(1, 'B'), evse(2, 'C'))).rejects.toThrow(WriteConflict)
    expect(loads).toHaveLength(5)
    expect(await store.position('test')).toBe(before)
  })

  test('four times is not, and nothing is counted twice', async () => {
    const inner = await storeAt(home)
    await given(inner, evse(1, 'B'))
    const { store } = raced(inner, 'dev-1', 4)
    const world = await given(store)
    const nonsense = evse(2, 'B', { pwm_duty_cycle: 140 })
    const stranger = thermostat(2, { device_id: 'dev-1', heating_call: true }, { topic: 'sidewalk/x' })
    expect(await world.when(nonsense, stranger, evse(2, 'C'))).toMatchObject({ events: 1, quarantined: 2 })
    expect(world.counted).toMatchObject({ events: 1, quarantined: 2, records: 3 })
    expect(world.lines.filter(({ message }) => message === 'quarantined')).toHaveLength(2)
    expect(decidedBy(world)).toEqual(['session_start'])
  })
})

describe.each(HOMES)('state of newer code (%s)', (home) => {
  test.each([
    ['its format', () => ({ format: 99 })],
    [
      'one of its charts',
      ({ instances }: ReturnType<typeof parseDeviceState>) => ({
        instances: { ...instances, session: { ...instances.session, version: 99 } },
      }),
    ],
  ])('holds the batch, and moves nothing: %s', async (_, change) => {
    const world = await given(home, evse(1, 'B'))
    await rewrite(world, change)
    const before = world.store.dump()
    const records = [
      evse(2, 'C'),
      evse(2, 'C', { device_id: 'dev-2' }),
      evse(2, 'B', { pwm_duty_cycle: 140 }),
    ]
    await expect(world.when(...records)).rejects.toThrow(NewerState)
    expect(world.store.dump()).toEqual(before)
  })
})

test('a conflict with newer code holds the batch from that device on, and what lies before it is done', async () => {
  const inner = memoryStore()
  const world = await given(inner, evse(1, 'B'), thermostat(1, { heating_call: true }))
  let upgraded = false
  const store: DumpedStore = {
    ...inner,
    write: async (batch) => {
      if (!upgraded) await rewrite(world, () => ({ format: 99 }))
      upgraded = true
      return inner.write(batch)
    },
  }
  const late = await given(store)
  const held = late.when(
    thermostat(2, { heating_call: false }),
    evse(2, 'C'),
    thermostat(3, { heating_call: true }),
  )
  await expect(held).rejects.toThrow(NewerState)
  await expect(held).rejects.toMatchObject({ device_id: 'dev-1', position: late.log[1]?.position })
  expect(await store.position('test')).toBe(late.log[0]?.position)
  // The other device's were written with the attempt that came too late for this one; they are known when they come again.
  expect(itemOf(world, 'therm-1').applied).toBe(3)
  await expect(late.again(late.log)).rejects.toThrow(NewerState)
  expect(itemOf(world, 'therm-1').applied).toBe(3)
})

describe('our own bugs', () => {
  test('an internal record that does not parse is loud, and is not quarantined', async () => {
    const world = await given(memoryStore(), evse(1, 'B'))
    const broken = { ...config(2, 'dev-1', {}), payload: new TextEncoder().encode('{') }
    await expect(world.when(broken)).rejects.toThrow(SyntaxError)
    expect(world.store.dump().quarantine).toEqual([])
  })
})
