import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { NewRecord } from '../../events/record.ts'
import { given, HOMES, reasonsOf, rowsOf } from './given.ts'
import { arrived, at, config, evse } from './messages.ts'

function uplink(minute: number, id: string, inner: Record<string, unknown> = {}): NewRecord {
  const said = {
    device_id: 'RAK4630_001',
    device_type: 'evse',
    timestamp: at(minute),
    pilot_state: 'B',
    ...inner,
  }
  const PayloadData = Buffer.from(JSON.stringify(said)).toString('base64')
  return arrived('sidewalk/uplink', minute, { WirelessDeviceId: id, PayloadData })
}

const claim = (minute: number, device_id: string, id: string) =>
  config(minute, device_id, { device_type: 'evse', wireless_device_id: id })

const heardOf = (world: Awaited<ReturnType<typeof given>>) =>
  rowsOf(world, { origin: 'device' }).map(({ device_id, ts }) => [device_id, ts])

describe.each(HOMES)('a wireless id (%s)', (home) => {
  test('is the device’s whose configuration names it, right behind it in the same batch too', async () => {
    const world = await given(home)
    await world.when(claim(1, 'dev-1', 'w-1'), uplink(2, 'w-1'))
    await world.when(uplink(3, 'w-1'))
    expect(heardOf(world)).toEqual([
      ['dev-1', at(2)],
      ['dev-1', at(3)],
    ])
  })

  test('that no configuration names is refused, and so is one that is named only later', async () => {
    const world = await given(home)
    await world.when(uplink(1, 'w-1'), claim(2, 'dev-1', 'w-1'), uplink(3, 'w-2'))
    expect(heardOf(world)).toEqual([])
    expect(reasonsOf(world)).toEqual([
      'WirelessDeviceId: "w-1" is not in the registry',
      'WirelessDeviceId: "w-2" is not in the registry',
    ])
  })

  test.each([
    ['zeta', 'alpha'],
    ['alpha', 'zeta'],
  ])('that moves from %s to %s is the later one’s, wherever batches end', async (first, second) => {
    const records = [claim(1, first, 'w-1'), uplink(2, 'w-1'), claim(3, second, 'w-1'), uplink(4, 'w-1')]
    const whole = await given(home)
    await whole.when(...records)
    const single = await given(home, ...records)
    for (const world of [whole, single]) {
      expect(Object.fromEntries(heardOf(world).map(([device_id, ts]) => [ts, device_id]))).toEqual({
        [at(2)]: first,
        [at(4)]: second,
      })
    }
  })

  test('is not moved by a configuration that is refused, wherever batches end', async () => {
    const refused = config(2, 'dev-1', { device_type: 'thermostat', wireless_device_id: 'w-1' })
    const records = [evse(1, 'A'), refused, uplink(3, 'w-1')]
    const whole = await given(home)
    await whole.when(...records)
    for (const world of [whole, await given(home, ...records)]) {
      expect(reasonsOf(world)).toEqual([
        'config.device_type: "thermostat" differs from evse, which dev-1 is',
        'WirelessDeviceId: "w-1" is not in the registry',
      ])
    }
  })

  test('is nobody’s any more when the configuration in force no longer names it', async () => {
    const world = await given(home, claim(1, 'dev-1', 'w-1'), config(5, 'dev-1', { location: 'garage' }))
    await world.when(uplink(6, 'w-1'))
    expect(reasonsOf(world)).toEqual(['WirelessDeviceId: "w-1" is not in the registry'])
  })

  test('is not moved back by an old configuration that comes once more', async () => {
    const world = await given(home)
    await world.when(claim(1, 'dev-1', 'w-1'), claim(2, 'dev-2', 'w-1'))
    await world.when(claim(1, 'dev-1', 'w-1'), uplink(3, 'w-1'))
    expect(heardOf(world)).toEqual([['dev-2', at(3)]])
  })

  test.each(['__proto__', 'constructor'])('may be called %s', async (id) => {
    const world = await given(home, claim(1, 'dev-1', id))
    await world.when(uplink(2, id))
    expect(heardOf(world)).toEqual([['dev-1', at(2)]])
  })
})

test('a wireless id whose configuration was left by an attempt that never wrote its state is nobody’s yet', async () => {
  let broken = true
  const store = memoryStore({
    onWrite: (what) => {
      if (broken && what.startsWith('states')) throw new Error('power cut')
    },
  })
  const world = await given(store)
  await expect(world.when(uplink(1, 'w-1'), claim(2, 'dev-1', 'w-1'))).rejects.toThrow('power cut')
  broken = false
  await world.again(world.log)
  expect(heardOf(world)).toEqual([])
  expect(reasonsOf(world)).toHaveLength(1)
})
