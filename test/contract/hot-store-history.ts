/** What a repair asks of every `HotStore`: a device's rows, things and checkpoints of a stretch. */
import { expect } from 'vitest'
import { lowestKey } from '../../events/key.ts'
import type { Put } from '../../events/ports.ts'
import type { Rule } from './contract.ts'
import type { Home } from './hot-store-contract.ts'
import {
  ALL,
  batchOf,
  checkpoint,
  deviceWrite,
  eventRow,
  ordinal,
  putEvents,
  summary,
  T0,
} from './store-rows.ts'

const key = (ms: number, n: number) => ({ ts: T0 + ms, ord: ordinal(n) })

export function histories(rule: Rule, home: Home): void {
  rule('history is a half-open range of keys, in key order', async () => {
    const { store } = home()
    const keys = [key(0, 1), key(0, 2), key(1, 1), key(1, 2), key(2, 0)]
    await putEvents(store, keys)
    const of = async (from: number, to: number) => {
      const [first, last] = [keys[from], keys[to]]
      if (!first || !last) throw new Error('no such key')
      return (await store.history('dev-1', { from: first, to: last })).map(({ ts, ord }) => ({ ts, ord }))
    }
    expect((await store.history('dev-1', ALL)).map(({ ts, ord }) => ({ ts, ord }))).toEqual(keys)
    expect(await of(1, 3)).toEqual([keys[1], keys[2]])
    expect(await of(2, 4)).toEqual([keys[2], keys[3]])
    expect(await of(2, 2)).toEqual([])
    // Of a session that begins behind what is asked for nothing lies there, in any home.
    expect(await of(4, 0)).toEqual([])
    expect(await store.checkpoints('dev-1', { from: key(2, 0), to: key(0, 1) })).toEqual([])
    expect(await store.checkpointBefore('dev-1', { ts: 0, ord: '0'.repeat(25) }, 9)).toBeNull()
    expect(await store.history('dev-2', ALL)).toEqual([])
  })

  rule('history holds every origin, and what was retracted', async () => {
    const { store } = home()
    const rows = [
      eventRow({ ...key(0, 1), entered: 1 }),
      eventRow({ ...key(0, 2), origin: 'config', event_type: 'config' }),
      eventRow({ ...key(0, 3), origin: 'chart', event_type: 'session_start', retracted: true }),
    ]
    const puts = rows.map((item): Put => ({ table: 'events', item }))
    await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
    expect(await store.history('dev-1', ALL)).toEqual(rows)
  })

  rule(
    'things are what charts told of the device and began in the half-open range, withdrawn ones too',
    async () => {
      const { store } = home()
      const things = [
        summary({ id: 'before', started_at: T0 - 1 }),
        summary({ id: 'first', started_at: T0 }),
        summary({ id: 'cycle', kind: 'cycle', started_at: T0 + 1 }),
        summary({ id: 'alarm', kind: 'alarm', started_at: T0 + 2, retracted: false }),
        summary({ id: 'gone', started_at: T0 + 2, retracted: true }),
        summary({ id: 'after', started_at: T0 + 3 }),
        summary({ id: 'too old', kind: 'too_old', started_at: T0 + 1, ttl: 1_770_776_000 }),
      ]
      const puts = things.map((item): Put => ({ table: 'summaries', item }))
      await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
      const ids = async (from: number, to: number) =>
        (await store.things('dev-1', T0 + from, T0 + to)).map(({ id }) => id).sort()
      expect(await ids(0, 3)).toEqual(['alarm', 'cycle', 'first', 'gone'])
      expect(await ids(-1, 4)).toEqual(['after', 'alarm', 'before', 'cycle', 'first', 'gone'])
      expect(await ids(2, 2)).toEqual([])
      expect(await store.things('dev-2', 0, T0 * 2)).toEqual([])
    },
  )

  rule('checkpoints are a half-open range of those that hold, in key order', async () => {
    const { store } = home()
    const [one, two, three] = [checkpoint(key(0, 1)), checkpoint(key(0, 2)), checkpoint(key(1, 1))]
    const held = checkpoint({ ...key(2, 1), retracted: false })
    const gone = checkpoint({ ...key(0, 3), retracted: true })
    const puts = [held, three, gone, one, two].map((item): Put => ({ table: 'checkpoints', item }))
    await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
    expect(await store.checkpoints('dev-1', ALL)).toEqual([one, two, three, held])
    expect(await store.checkpoints('dev-1', { from: one, to: three })).toEqual([one, two])
    expect(await store.checkpoints('dev-1', { from: key(0, 2), to: key(0, 2) })).toEqual([])
    expect(await store.checkpoints('dev-2', ALL)).toEqual([])
  })

  rule('the checkpoint before a key is the newest that holds, of those up to `applied`', async () => {
    const { store } = home()
    const [old, left] = [checkpoint({ ...key(0, 1), applied: 2 }), checkpoint({ ...key(1, 1), applied: 9 })]
    const gone = checkpoint({ ...key(0, 2), applied: 3, retracted: true })
    const puts = [old, gone, left].map((item): Put => ({ table: 'checkpoints', item }))
    await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
    expect(await store.checkpointBefore('dev-1', lowestKey(T0 + 5), 9)).toEqual(left)
    expect(await store.checkpointBefore('dev-1', lowestKey(T0 + 5), 8)).toEqual(old)
    expect(await store.checkpointBefore('dev-1', key(1, 1), 9)).toEqual(old)
    expect(await store.checkpointBefore('dev-1', lowestKey(T0 + 5), 1)).toBeNull()
    expect(await store.checkpointBefore('dev-1', key(0, 1), 9)).toBeNull()
    expect(await store.checkpointBefore('dev-2', lowestKey(T0 + 5), 9)).toBeNull()
  })
}
