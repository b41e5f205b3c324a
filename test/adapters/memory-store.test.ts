import { expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import { batchOf, deviceWrite, eventRow, onePutEach, quarantined, T0 } from '../contract/store-rows.ts'

const place = { consumer: 'main', position: '1' }

test('writes come in order: quarantine, then each device with its rows first and its state last, then the position', async () => {
  const seen: string[] = []
  const store = memoryStore({ onWrite: (what) => void seen.push(what) })
  const [first, second] = onePutEach('dev-1', 1)
  if (!first || !second) throw new Error('two puts are needed')
  const devices = [deviceWrite('dev-1', 0, [second, first]), deviceWrite('dev-2', 0, [])]
  await store.write(batchOf(devices, { quarantined: [quarantined({ position: '9' })], checkpoint: place }))
  expect(seen).toEqual([
    'quarantine ["9"]',
    'summaries ["session","s of dev-1"]',
    `events ["dev-1",${T0},"${eventRow().ord}"]`,
    'states ["dev-1"]',
    'states ["dev-2"]',
    'positions ["main"]',
  ])
})

test('a crash before the nth write leaves exactly the writes before it', async () => {
  for (let survivors = 0; survivors < 5; survivors++) {
    let writes = 0
    const store = memoryStore({
      onWrite: () => {
        if (writes === survivors) throw new Error('crash')
        writes++
      },
    })
    const devices = ['dev-1', 'dev-2'].map((id) => deviceWrite(id, 0, onePutEach(id, 1).slice(0, 1)))
    await expect(store.write(batchOf(devices, { checkpoint: place }))).rejects.toThrow('crash')
    const { events, states, positions } = store.dump()
    expect([events.length, states.length, positions.length]).toEqual([
      Math.min(2, Math.ceil(survivors / 2)),
      Math.floor(survivors / 2),
      0,
    ])
  }
})

test('a writer that stalls before its state finds that another was there', async () => {
  const { promise: stalled, resolve: wake } = Promise.withResolvers<void>()
  let zombie = true
  const store = memoryStore({
    onWrite: (what) => {
      if (!zombie || !what.startsWith('states')) return
      zombie = false
      return stalled
    },
  })
  const slow = store.write(batchOf([deviceWrite('dev-1', 0, onePutEach('dev-1', 1))], { checkpoint: place }))
  const quick = await store.write(batchOf([deviceWrite('dev-1', 0, onePutEach('dev-1', 2))]))
  expect(quick.conflicts).toEqual([])
  wake()
  expect((await slow).conflicts).toEqual(['dev-1'])
  expect(store.dump().events.map((row) => row.applied)).toEqual([2])
  expect(await store.position('main')).toBe('')
})

test('a stalled writer cannot overwrite rows that a newer one has put', async () => {
  const { promise: stalled, resolve: wake } = Promise.withResolvers<void>()
  let zombie = true
  const store = memoryStore({
    onWrite: () => {
      if (!zombie) return
      zombie = false
      return stalled
    },
  })
  const slow = store.write(batchOf([deviceWrite('dev-1', 0, onePutEach('dev-1', 1))]))
  await store.write(batchOf([deviceWrite('dev-1', 0, onePutEach('dev-1', 2))]))
  const before = store.dump()
  wake()
  await slow
  expect(store.dump()).toEqual(before)
})
