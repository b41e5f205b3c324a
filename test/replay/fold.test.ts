import { describe, expect, it } from 'vitest'
import { positionText } from '../../adapters/log-position.ts'
import type { LogRecord, NewRecord } from '../../events/record.ts'
import type { FaultLevel } from '../../firmware-model/radio.ts'
import { type FoldedDevice, foldRecords } from '../../processors/replay-fold.ts'
import { createOwners, shareOf } from '../../processors/replay-owner.ts'
import { EVERYTHING, type ReplaySource } from '../../processors/replay-source.ts'
import { foldWhole } from '../../processors/replay-whole.ts'
import { lifeOf, randomOf } from '../simulation/device-life.ts'
import { fleetRecords } from './replay-world.ts'

function laid(records: readonly NewRecord[]): LogRecord[] {
  return records.map((record, index) => ({ ...record, position: positionText(index + 1) }))
}

function sourceOf(records: readonly LogRecord[]): ReplaySource {
  return {
    batches: async function* () {
      for (let from = 0; from < records.length; from += 333)
        yield { records: records.slice(from, from + 333), name: 'test', position: `${from}` }
    },
  }
}

async function folded(
  records: readonly LogRecord[],
  shares = 1,
  bounds: { group_bytes?: number; together?: number } = {},
) {
  const devices = new Map<string, FoldedDevice>()
  let whole = 0
  let passes = 0
  for (let share = 0; share < shares; share++) {
    const options = {
      source: sourceOf(records),
      range: EVERYTHING,
      share,
      shares,
      ...bounds,
    }
    const figures = await foldRecords(options, async (device) => {
      expect(devices.has(device.device_id)).toBe(false)
      devices.set(device.device_id, device)
    })
    whole += figures.whole
    passes = Math.max(passes, figures.passes)
  }
  return { devices, whole, passes }
}

/** Every device by the processor itself. */
async function byProcessor(records: readonly LogRecord[]) {
  const owners = createOwners()
  const each = new Map<string, LogRecord[]>()
  for (const record of records) {
    const device_id = owners.whose(record)
    if (device_id !== null) each.set(device_id, [...(each.get(device_id) ?? []), record])
  }
  const things = new Map()
  for (const [device_id, own] of each) things.set(device_id, (await foldWhole(device_id, own)).things)
  return things
}

function thingsOf(devices: Map<string, FoldedDevice>) {
  return new Map([...devices].map(([device_id, { things }]) => [device_id, things]))
}

const CASES = [1, 2, 3].flatMap((seed) =>
  (['none', 'orderly', 'normal', 'harsh'] as FaultLevel[]).map((level) => [seed, level] as const),
)

describe('the quick fold of a replay', () => {
  it.each(CASES)('comes to what the processor comes to (seed %i, %s faults)', async (seed, level) => {
    const records = laid(fleetRecords(seed, level))
    const { devices, whole } = await folded(records)
    expect(thingsOf(devices)).toEqual(await byProcessor(records))
    // Else nothing has been compared.
    if (level === 'none' || level === 'orderly') expect(whole).toBeLessThan(devices.size)
  })

  it('does so for odd devices too, and in any order', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomOf(seed)
      const lives = ['dev-1', 'a/b', '__proto__'].map((id) =>
        lifeOf(id, random, 40, { uptime: seed % 2 === 0 }),
      )
      const records = laid(lives.flat().sort((a, b) => a.received_at - b.received_at))
      if (seed % 3 === 0) records.push(...records.splice(10, 1))
      const again = laid(records)
      const together = 1 + (seed % 9)
      const { devices } = await folded(again, 1, { together })
      expect(thingsOf(devices), `SEED=${seed}`).toEqual(await byProcessor(again))
    }
  })

  it('is the same in shares, and where the devices that it is not for are folded in groups', async () => {
    const records = laid(fleetRecords(2, 'harsh'))
    const one = await folded(records)
    const three = await folded(records, 3)
    const groups = await folded(records, 1, { group_bytes: 1_000 })
    expect(thingsOf(three.devices)).toEqual(thingsOf(one.devices))
    expect(thingsOf(groups.devices)).toEqual(thingsOf(one.devices))
    expect(groups.passes).toBe(1 + groups.whole)
    expect(groups.whole).toBeGreaterThan(1)
  })

  it('is the same however many records wait for others of their devices', async () => {
    const records = laid(fleetRecords(3, 'normal'))
    const all = await folded(records)
    for (const together of [1, 2, 64, 1_000])
      expect(thingsOf((await folded(records, 1, { together })).devices)).toEqual(thingsOf(all.devices))
  })

  it('folds a device quickly whose messages came twice', async () => {
    const records = laid(fleetRecords(1, 'none').flatMap((record) => [record, record]))
    const { devices, whole } = await folded(records)
    expect(thingsOf(devices)).toEqual(await byProcessor(records))
    expect(whole).toBe((await folded(laid(fleetRecords(1, 'none')))).whole)
  })

  it('folds a device quickly that has learnt how far its messages overtake each other', async () => {
    const orderly = fleetRecords(1, 'none')
    const { device_id } = [...(await folded(laid(orderly))).devices.values()].reduce((a, b) =>
      a.records > b.records ? a : b,
    )
    const own = orderly.filter(({ topic }) => topic.includes(device_id))
    const late = [...own]
    for (const [from, behind] of [
      [10, 2],
      [40, 15],
    ] as const)
      late.splice(from + behind, 0, ...late.splice(from, 1))
    const { devices, whole } = await folded(laid(late))
    expect(whole).toBe(0)
    expect(thingsOf(devices)).toEqual(await byProcessor(laid(own)))
    expect(devices.get(device_id)?.things.size).toBeGreaterThan(0)
  })

  it('gives every device to one share, and each share some of a fleet', () => {
    const shares = Array.from({ length: 300 }, (_, n) => shareOf(`charger-${n}`, 4))
    expect(new Set(shares)).toEqual(new Set([0, 1, 2, 3]))
    expect(shareOf('x', 1)).toBe(0)
  })
})
