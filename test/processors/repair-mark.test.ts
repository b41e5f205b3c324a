/** Why a repair leaves its mark where a batch can be cut in two (docs/decisions/0012). */
import { expect, test } from 'vitest'
import { positionText } from '../../adapters/log-position.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { HotStore } from '../../events/ports.ts'
import type { NewRecord } from '../../events/record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { saysItIsAtomic } from '../simulation/broken.ts'
import { noMetrics, silentLogger } from '../simulation/consumer.ts'
import { lawful } from '../simulation/law.ts'
import { given } from './given.ts'
import { CHARGER, evse, until } from './messages.ts'

const before = [
  evse(50, 'A', { location: 'yard' }),
  evse(60, 'B'),
  evse(70, 'A'),
  evse(80, 'B'),
  evse(90, 'A'),
]
/** By itself the first of them moves every session after it; with the second the next rest is as it was. */
const late = [
  evse(55, 'A', { location: 'garage' }, { received: 100 }),
  evse(57, 'A', { location: 'yard' }, { received: 101 }),
]

/**
 * The first late record's repair is cut off, its rows written from the last to the first as a store is free to do; then
 * both come in one batch.
 */
async function cutOff(wrap: (store: HotStore) => HotStore) {
  let checkpoints = Number.NEGATIVE_INFINITY
  const inner = memoryStore({
    onWrite(item) {
      if (item.startsWith('checkpoints ') && ++checkpoints > 1) throw new Error('cut off')
    },
  })
  const backwards: HotStore = {
    ...inner,
    write: (batch) => {
      const devices = batch.devices.map((device) => ({ ...device, puts: device.puts.toReversed() }))
      return inner.write({ ...batch, devices })
    },
  }
  const store = wrap(backwards)
  const process = (records: NewRecord[], from: number) =>
    processBatch(
      records.map((record, n) => ({ ...record, position: positionText(from + n) })),
      { store, metrics: noMetrics, logger: silentLogger },
      'test',
    )
  await process(before, 1)
  checkpoints = 0
  await expect(process(late.slice(0, 1), 6)).rejects.toThrow('cut off')
  checkpoints = Number.NEGATIVE_INFINITY
  await process(late, 6)
  return lawful(inner.dump())
}

async function clean() {
  const store = memoryStore()
  const ports = { store, metrics: noMetrics, logger: silentLogger }
  const records = [...before, ...late].map((record, n) => ({ ...record, position: positionText(n + 1) }))
  await processBatch(records, ports, 'test')
  return lawful(store.dump())
}

test('what a repair that was cut off had written further on is put right by the next, because it left its mark', async () => {
  expect(await cutOff((store) => store)).toEqual(await clean())
})

test('without the mark it stays', async () => {
  expect(await cutOff(saysItIsAtomic)).not.toEqual(await clean())
})

test('a device of which nothing but a mark is stored is not known: time that passes for it is nobody’s', async () => {
  let cut = true
  const store = memoryStore({
    onWrite(item) {
      if (cut && item.startsWith('events ')) throw new Error('cut off')
    },
  })
  const world = await given(store)
  const [late, first] = [evse(5, 'B', {}, { received: 20 }), evse(10, 'C', {}, { received: 20 })]
  await expect(world.when(until(1), first, late)).rejects.toThrow('cut off')
  expect(store.dump().states).toMatchObject([{ device_id: CHARGER, applied: 0 }])
  cut = false
  await world.again(world.log.slice(0, 1))
  expect(store.dump().states).toMatchObject([{ device_id: CHARGER, applied: 0 }])
  await world.again(world.log.slice(1))
  expect(store.dump().states).toMatchObject([{ device_id: CHARGER, applied: 2 }])
})
