/** What every `HotStore` does when writers meet, when a write breaks off, and when timers come due. */
import { expect } from 'vitest'
import type { StoreDump, TableName } from '../../adapters/store-tables.ts'
import type { BatchWrite } from '../../events/ports.ts'
import type { Rule } from './contract.ts'
import type { Home } from './hot-store-contract.ts'
import {
  batchOf,
  deviceWrite,
  eventPut,
  eventRow,
  onePutEach,
  ordinal,
  quarantined,
  stateItem,
  T0,
} from './store-rows.ts'

export function versions(rule: Rule, home: Home): void {
  for (const [what, expected] of [
    ['an older', 0],
    ['a newer', 2],
  ] as const) {
    rule(`a write that expects ${what} version conflicts and leaves the state alone`, async () => {
      const { store } = home()
      await store.write(batchOf([deviceWrite('dev-1', 0, [])]))
      const before = await store.loadStates(['dev-1'])
      const { conflicts } = await store.write(batchOf([deviceWrite('dev-1', expected, [])]))
      expect(conflicts).toEqual(['dev-1'])
      expect(await store.loadStates(['dev-1'])).toEqual(before)
    })
  }

  rule('of two writers that read the same version the second conflicts', async () => {
    const { store } = home()
    const writers = [1, 2].map((n) => deviceWrite('dev-1', 0, [eventPut(eventRow({ ord: ordinal(n) }))]))
    const results = await Promise.all(writers.map((write) => store.write(batchOf([write]))))
    expect(results.flatMap((result) => result.conflicts)).toEqual(['dev-1'])
    expect((await store.loadStates(['dev-1'])).get('dev-1')?.version).toBe(1)
  })

  rule('beside a device in conflict the others are written, and the position stays', async () => {
    const { store } = home()
    await store.write(
      batchOf([deviceWrite('dev-2', 0, [])], {
        checkpoint: { consumer: 'main', position: '1'.padStart(20, '0') },
      }),
    )
    const devices = ['dev-1', 'dev-2', 'dev-3'].map((id) => deviceWrite(id, 0, onePutEach(id, 1)))
    const { conflicts } = await store.write(
      batchOf(devices, { checkpoint: { consumer: 'main', position: '2'.padStart(20, '0') } }),
    )
    expect(conflicts).toEqual(['dev-2'])
    expect(
      [...(await store.loadStates(['dev-1', 'dev-2', 'dev-3'])).values()].map((state) => state.version),
    ).toEqual([1, 1, 1])
    expect(await store.findEvent('dev-1', eventRow())).not.toBeNull()
    expect(await store.findEvent('dev-3', eventRow())).not.toBeNull()
    expect(await store.position('main')).toBe('1'.padStart(20, '0'))
  })

  rule('a device in conflict has no rows left behind', async () => {
    const { store, dump } = home()
    await store.write(batchOf([deviceWrite('dev-1', 0, [])]))
    const before = await dump()
    await store.write(batchOf([deviceWrite('dev-1', 0, onePutEach('dev-1', 5))]))
    expect(await dump()).toEqual(before)
  })

  rule('a device may come twice in a batch, the second write after the first', async () => {
    const { store } = home()
    const { conflicts } = await store.write(
      batchOf([deviceWrite('dev-1', 0, []), deviceWrite('dev-1', 1, [])]),
    )
    expect(conflicts).toEqual([])
    expect((await store.loadStates(['dev-1'])).get('dev-1')?.version).toBe(2)
  })

  rule('consumers have places of their own', async () => {
    const { store } = home()
    await store.write(batchOf([], { checkpoint: { consumer: 'main', position: '5' } }))
    await store.write(batchOf([], { checkpoint: { consumer: 'archive', position: '3' } }))
    await store.write(batchOf([], { checkpoint: { consumer: 'main', position: '6' } }))
    expect([await store.position('main'), await store.position('archive')]).toEqual(['6', '3'])
  })

  rule("a write with another device's state, or whose version does not grow by one, is our bug", async () => {
    const { store, dump } = home()
    const good = deviceWrite('dev-1', 0, [])
    const wrong = [
      { ...good, state: stateItem({ device_id: 'dev-2' }) },
      { ...good, state: stateItem({ version: 0 }) },
      { ...good, state: stateItem({ version: 2 }) },
    ]
    for (const write of wrong) await expect(store.write(batchOf([good, write]))).rejects.toThrow(RangeError)
    expect((await dump()).states).toEqual([])
  })
}

/** Two devices with a row in every table, a quarantined record, and the place behind them. */
function wholeBatch(): BatchWrite {
  return batchOf(
    ['dev-1', 'dev-2'].map((id) => deviceWrite(id, 0, onePutEach(id, 1))),
    { quarantined: [quarantined()], checkpoint: { consumer: 'main', position: '00000000000000000009' } },
  )
}

const BREAKS: TableName[] = [
  'quarantine',
  ...onePutEach('', 0).map((put) => put.table),
  'states',
  'positions',
]

export function crashes(rule: Rule, home: Home): void {
  for (const table of BREAKS) {
    rule(
      `a crash at ${table} leaves no state without its rows, no place beyond a state, and can be done again`,
      async () => {
        const { store, dump, breakAt, mend } = home()
        const batch = wholeBatch()
        await breakAt(table)
        await expect(store.write(batch)).rejects.toThrow()
        await mend()
        const left = await dump()
        for (const { device_id } of left.states) {
          const rows = [
            left.events,
            left.summaries,
            left.aliases,
            left.identities,
            left.checkpoints,
            left.config,
          ]
          expect(rows.map((items) => items.filter((item) => item.device_id === device_id).length)).toEqual([
            1, 1, 1, 1, 1, 1,
          ])
        }
        expect(left.positions).toEqual([])
        const written = left.states.map((state) => state.device_id)
        await store.write({
          ...batch,
          devices: batch.devices.filter((write) => !written.includes(write.device_id)),
        })
        expect(await dump()).toEqual(dumpOfWholeBatch())
      },
    )
  }

  rule('a crash leaves everything or nothing', async () => {
    const { store, dump, breakAt, mend } = home()
    for (const table of BREAKS) {
      const before = await dump()
      await breakAt(table)
      await expect(store.write(wholeBatch())).rejects.toThrow()
      await mend()
      expect(await dump()).toEqual(before)
    }
  })

  rule('a store that is opened again has everything', async () => {
    const { store, reopen } = home()
    await store.write(wholeBatch())
    const again = await reopen()
    expect(await home().dump()).toEqual(dumpOfWholeBatch())
    expect(await again.position('main')).toBe('00000000000000000009')
    expect((await again.write(batchOf([deviceWrite('dev-1', 1, [])]))).conflicts).toEqual([])
  })
}

function dumpOfWholeBatch(): StoreDump {
  const [one, two] = [onePutEach('dev-1', 1), onePutEach('dev-2', 1)]
  const tables = Object.fromEntries(one.map((put, n) => [put.table, [put.item, two[n]?.item]]))
  const states = ['dev-1', 'dev-2'].map((device_id) => stateItem({ device_id }))
  const positions = [{ consumer: 'main', position: '00000000000000000009' }]
  return { ...tables, states, quarantine: [quarantined()], positions } as unknown as StoreDump
}

export function timers(rule: Rule, home: Home): void {
  rule('devices are due by their timer, earliest first, when they have been silent long enough', async () => {
    const { store } = home()
    const devices = [
      { device_id: 'later', next_due: T0 + 50 },
      { device_id: 'at the limit', next_due: T0 + 100, last_received_at: T0 + 10 },
      { device_id: 'not yet', next_due: T0 + 101 },
      { device_id: 'no timer', next_due: null },
      { device_id: 'heard since', next_due: T0 + 1, last_received_at: T0 + 11 },
      { device_id: 'earliest', next_due: T0 + 20 },
      { device_id: 'as early', next_due: T0 + 20 },
    ]
    const writes = devices.map((of) => ({ ...deviceWrite(of.device_id, 0, []), state: stateItem(of) }))
    await store.write(batchOf(writes))
    const due = await store.due(T0 + 100, T0 + 10, 10)
    expect(due.map((state) => state.device_id)).toEqual(['as early', 'earliest', 'later', 'at the limit'])
    expect(due[0]).toEqual(stateItem({ device_id: 'as early', next_due: T0 + 20 }))
    expect(await store.due(T0 + 100, T0 + 10, 2)).toEqual(due.slice(0, 2))
    expect(await store.due(T0 + 19, T0 + 10, 10)).toEqual([])
  })

  rule('a timer that was taken back is not due', async () => {
    const { store } = home()
    const armed = { ...deviceWrite('dev-1', 0, []), state: stateItem({ next_due: T0 }) }
    await store.write(batchOf([armed]))
    expect(await store.due(T0, T0, 10)).toHaveLength(1)
    await store.write(batchOf([deviceWrite('dev-1', 1, [])]))
    expect(await store.due(T0, T0, 10)).toEqual([])
  })
}
