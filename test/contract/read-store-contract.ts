/** What every `ReadStore` answers, of what its `HotStore` was given. */
import { afterEach, beforeEach, expect } from 'vitest'
import { lowestKey } from '../../events/key.ts'
import {
  type DeviceStateItem,
  type HotStore,
  type Put,
  type ReadStore,
  THING_KINDS,
} from '../../events/ports.ts'
import { type ContractOptions, contract, type Rule } from './contract.ts'
import { cursors, paging } from './read-store-pages.ts'
import {
  ALL,
  alias,
  batchOf,
  checkpoint,
  configVersion,
  deviceWrite,
  eventPut,
  eventRow,
  keyOf,
  ordinal,
  putEvents,
  putSummaries,
  quarantined,
  stateItem,
  summary,
  T0,
} from './store-rows.ts'

export type ReadsUnderTest = { store: HotStore; reads: ReadStore; dispose(): Promise<void> }

export type Home = () => ReadsUnderTest

export function readStoreContract(
  name: string,
  make: () => Promise<ReadsUnderTest>,
  options: ContractOptions = {},
): void {
  contract(`ReadStore: ${name}`, options, (rule) => {
    let current: ReadsUnderTest
    beforeEach(async () => {
      current = await make()
    })
    afterEach(() => current.dispose())
    const home = () => current
    devices(rule, home)
    events(rule, home)
    summaries(rule, home)
    otherLists(rule, home)
    paging(rule, home)
    cursors(rule, home)
  })
}

function devices(rule: Rule, home: Home): void {
  rule('an empty store answers with nothing', async () => {
    const { reads } = home()
    const nothing = { items: [], next_cursor: null }
    expect(await reads.device('dev-1')).toBeNull()
    expect(await reads.summary('session', 's-1')).toBeNull()
    expect(await reads.findAliases('device_session', 'theirs-1')).toEqual([])
    expect(await reads.counts()).toEqual({ devices: 0, quarantined: 0 })
    const lists = [
      reads.devices(10),
      reads.standings('evse', 10),
      reads.eventsOfDevice('dev-1', { ...ALL, limit: 10 }),
      reads.eventsOfLocation('site-1', { ...ALL, limit: 10 }),
      reads.summaries({ kind: 'session', by: 'all', from: 0, to: T0 * 2, limit: 10 }),
      reads.configHistory('dev-1', 10),
      reads.quarantine(10),
    ]
    expect(await Promise.all(lists)).toEqual(lists.map(() => nothing))
  })

  rule('devices are listed by id, as bytes sort, and each is found by its id', async () => {
    const { store, reads } = home()
    const ids = ['b', 'a/b', 'B', '🔌', '\uff5e', 'é', '../../x']
    await store.write(batchOf(ids.map((id) => deviceWrite(id, 0, []))))
    const listed = (await reads.devices(10)).items.map((state) => state.device_id)
    expect(listed).toEqual(['../../x', 'B', 'a/b', 'b', 'é', '\uff5e', '🔌'])
    expect(await reads.device('a/b')).toEqual(stateItem({ device_id: 'a/b' }))
    expect(await reads.device('a')).toBeNull()
  })

  rule('standings are those of a type whose charts have seen something, as they stand now', async () => {
    const { store, reads } = home()
    const write = (device_id: string, version: number, of: Partial<DeviceStateItem>) => {
      const one = deviceWrite(device_id, version, [])
      return { ...one, state: { ...one.state, ...of } }
    }
    await store.write(
      batchOf([
        ...['b', '🔌', '\uff5e', 'a/b'].map((id) => write(id, 0, {})),
        write('hall', 0, { device_type: 'thermostat', standing: '{"heating":{}}' }),
        write('silent', 0, { standing: null }),
      ]),
    )
    const standing = '{"session":{"value":"unplugged \ud83d"}}'
    await store.write(batchOf([write('b', 1, { standing }), write('a/b', 1, { applied: 9 })]))
    const was = stateItem().standing
    expect((await reads.standings('evse', 10)).items).toEqual([
      { device_id: 'a/b', device_type: 'evse', standing: was },
      { device_id: 'b', device_type: 'evse', standing },
      { device_id: '\uff5e', device_type: 'evse', standing: was },
      { device_id: '🔌', device_type: 'evse', standing: was },
    ])
    expect((await reads.standings('thermostat', 10)).items).toHaveLength(1)
    expect((await reads.standings('meter', 10)).items).toEqual([])
  })

  rule('the newest checkpoint below a key is found, of those that hold', async () => {
    const { store, reads } = home()
    const checkpoints = [
      checkpoint({ ts: T0 }),
      checkpoint({ ts: T0 + 1, applied: 7 }),
      checkpoint({ ts: T0 + 2, retracted: true }),
      checkpoint({ ts: T0 + 3 }),
    ]
    const puts = checkpoints.map((item): Put => ({ table: 'checkpoints', item }))
    await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
    const before = async (ts: number, applied = 5) =>
      (await reads.checkpointBefore('dev-1', lowestKey(ts), applied))?.ts
    expect(await before(T0 + 3)).toBe(T0)
    expect(await before(T0 + 3, 7)).toBe(T0 + 1)
    expect(await before(T0 + 9)).toBe(T0 + 3)
    expect(await before(T0)).toBeUndefined()
  })

  rule('devices and quarantined records are counted once each, however often they are written', async () => {
    const { store, reads } = home()
    for (const version of [0, 1, 2]) {
      const rows = ['1', '2'].map((position) => quarantined({ position }))
      await store.write(batchOf([deviceWrite('dev-1', version, [])], { quarantined: rows }))
    }
    await store.write(batchOf([deviceWrite('dev-2', 0, [])]))
    expect(await reads.counts()).toEqual({ devices: 2, quarantined: 2 })
  })
}

function events(rule: Rule, home: Home): void {
  rule('events of a range are in key order, its start within and its end without', async () => {
    const { store, reads } = home()
    const keys: [number, number][] = [
      [T0 - 1, 9],
      [T0, 0],
      [T0, 2],
      [T0, 1],
      [T0 + 99, 5],
      [T0 + 100, 0],
    ]
    await putEvents(
      store,
      keys.map(([ts, n]) => ({ ts, ord: ordinal(n) })),
    )
    const range = { from: lowestKey(T0), to: lowestKey(T0 + 100), limit: 10 }
    const inside = [
      [T0, 0],
      [T0, 1],
      [T0, 2],
      [T0 + 99, 5],
    ].map(([ts, n]) => ({ ts, ord: ordinal(n as number) }))
    expect((await reads.eventsOfDevice('dev-1', range)).items.map(keyOf)).toEqual(inside)
    expect((await reads.eventsOfLocation('site-1', range)).items.map(keyOf)).toEqual(inside)
    const backwards = { ...range, newest_first: true }
    expect((await reads.eventsOfDevice('dev-1', backwards)).items.map(keyOf)).toEqual(inside.toReversed())
    expect((await reads.eventsOfLocation('site-1', backwards)).items.map(keyOf)).toEqual(inside.toReversed())
    const within = { from: { ts: T0, ord: ordinal(1) }, to: { ts: T0, ord: ordinal(2) }, limit: 10 }
    expect((await reads.eventsOfDevice('dev-1', within)).items.map(keyOf)).toEqual([
      { ts: T0, ord: ordinal(1) },
    ])
  })

  rule('a range that ends where it begins, or before, is empty', async () => {
    const { store, reads } = home()
    await putEvents(store, [{ ts: T0, ord: ordinal(0) }])
    for (const to of [T0, T0 - 5]) {
      const range = { from: lowestKey(T0), to: lowestKey(to), limit: 10 }
      expect((await reads.eventsOfDevice('dev-1', range)).items).toEqual([])
      expect((await reads.eventsOfLocation('site-1', range)).items).toEqual([])
    }
  })

  rule('an event list holds its device or its location only', async () => {
    const { store, reads } = home()
    const rows = [
      eventRow({ device_id: 'dev-1', location: 'site-1' }),
      eventRow({ device_id: 'dev-2', location: 'site-1' }),
      eventRow({ device_id: 'dev-3', location: 'site-2' }),
      eventRow({ device_id: 'dev-4', location: null }),
    ]
    await store.write(
      batchOf(rows.map((row) => deviceWrite(row.device_id, 0, [{ table: 'events', item: row }]))),
    )
    expect((await reads.eventsOfDevice('dev-2', { ...ALL, limit: 10 })).items).toEqual([rows[1]])
    expect((await reads.eventsOfLocation('site-1', { ...ALL, limit: 10 })).items).toEqual(rows.slice(0, 2))
    expect((await reads.eventsOfLocation('null', { ...ALL, limit: 10 })).items).toEqual([])
  })

  rule('events are narrowed by type and by origin', async () => {
    const { store, reads } = home()
    const rows = [
      eventRow({ ord: ordinal(1), event_type: 'session_start', origin: 'device' }),
      eventRow({ ord: ordinal(2), event_type: 'session_start', origin: 'chart' }),
      eventRow({ ord: ordinal(3), event_type: 'session_end', origin: 'chart' }),
      eventRow({ ord: ordinal(4), event_type: 'config', origin: 'config' }),
    ]
    await store.write(batchOf([deviceWrite('dev-1', 0, rows.map(eventPut))]))
    for (const ask of [
      (query: object) => reads.eventsOfDevice('dev-1', { ...ALL, limit: 10, ...query }),
      (query: object) => reads.eventsOfLocation('site-1', { ...ALL, limit: 10, ...query }),
    ]) {
      expect((await ask({ origin: 'chart' })).items).toEqual([rows[1], rows[2]])
      expect((await ask({ origin: 'device' })).items).toEqual([rows[0]])
      expect((await ask({ event_type: 'session_start' })).items).toEqual([rows[0], rows[1]])
      expect((await ask({ event_type: 'session_start', origin: 'chart' })).items).toEqual([rows[1]])
      expect((await ask({ event_type: 'config', origin: 'chart' })).items).toEqual([])
    }
  })

  rule('a retracted event is left out unless it is asked for', async () => {
    const { store, reads } = home()
    const rows = [
      eventRow(),
      eventRow({ ord: ordinal(2), retracted: true }),
      eventRow({ ord: ordinal(3), retracted: false }),
    ]
    await store.write(batchOf([deviceWrite('dev-1', 0, rows.map(eventPut))]))
    const query = { ...ALL, limit: 10 }
    expect((await reads.eventsOfDevice('dev-1', query)).items).toEqual([rows[0], rows[2]])
    expect((await reads.eventsOfLocation('site-1', query)).items).toEqual([rows[0], rows[2]])
    const all = { ...query, include_retracted: true }
    expect((await reads.eventsOfDevice('dev-1', all)).items).toEqual(rows)
    expect((await reads.eventsOfLocation('site-1', all)).items).toEqual(rows)
  })
}

function summaries(rule: Rule, home: Home): void {
  const wide = { kind: 'session', from: 0, to: T0 * 2, limit: 10 } as const

  rule('summaries are listed by device, by location and all, newest first', async () => {
    const { store, reads } = home()
    const rows = [
      summary({ id: 'a', device_id: 'dev-1', location: 'site-1', started_at: T0 }),
      summary({ id: 'b', device_id: 'dev-2', location: 'site-1', started_at: T0 + 2 }),
      summary({ id: 'c', device_id: 'dev-1', location: 'site-2', started_at: T0 + 1 }),
      summary({ id: 'd', device_id: 'dev-1', location: null, started_at: T0 }),
    ]
    await putSummaries(store, rows)
    const idsBy = async (by: { device_id: string } | { location: string } | 'all') =>
      (await reads.summaries({ ...wide, by })).items.map((item) => item.id)
    expect(await idsBy('all')).toEqual(['b', 'c', 'd', 'a'])
    expect(await idsBy({ device_id: 'dev-1' })).toEqual(['c', 'd', 'a'])
    expect(await idsBy({ location: 'site-1' })).toEqual(['b', 'a'])
    expect(await idsBy({ location: 'site-3' })).toEqual([])
    expect((await reads.summaries({ ...wide, by: { device_id: 'dev-2' } })).items).toEqual([rows[1]])
  })

  rule('a summary is in a range from its start on, not at its end', async () => {
    const { store, reads } = home()
    await putSummaries(
      store,
      [T0 - 1, T0, T0 + 9, T0 + 10].map((started_at) => summary({ id: `at ${started_at - T0}`, started_at })),
    )
    for (const by of ['all', { device_id: 'dev-1' }, { location: 'site-1' }] as const) {
      const { items } = await reads.summaries({ ...wide, by, from: T0, to: T0 + 10 })
      expect(items.map((item) => item.id)).toEqual(['at 9', 'at 0'])
    }
  })

  rule('the kinds of summaries do not mix', async () => {
    const { store, reads } = home()
    const rows = [...THING_KINDS, 'too_old' as const].map((kind) =>
      summary({ kind, id: 'same', body: { kind } }),
    )
    await putSummaries(store, rows)
    for (const row of rows) {
      expect((await reads.summaries({ ...wide, kind: row.kind, by: 'all' })).items).toEqual([row])
      expect(await reads.summary(row.kind, 'same')).toEqual(row)
    }
  })

  rule('a retracted summary is left out of lists unless asked for, and is found by its id', async () => {
    const { store, reads } = home()
    const gone = summary({ id: 'gone', retracted: true, superseded_by: 'here' })
    await putSummaries(store, [gone, summary({ id: 'here' })])
    for (const by of ['all', { device_id: 'dev-1' }, { location: 'site-1' }] as const) {
      expect((await reads.summaries({ ...wide, by })).items.map((item) => item.id)).toEqual(['here'])
      const { items } = await reads.summaries({ ...wide, by, include_retracted: true })
      expect(items.map((item) => item.id)).toEqual(['here', 'gone'])
    }
    expect(await reads.summary('session', 'gone')).toEqual(gone)
  })

  rule('a summary that moves leaves its old place', async () => {
    const { store, reads } = home()
    await putSummaries(store, [summary({ location: 'old', started_at: T0 })])
    const moved = summary({ location: 'new', started_at: T0 - 5, applied: 2 })
    await store.write(batchOf([deviceWrite('dev-1', 1, [{ table: 'summaries', item: moved }])]))
    expect((await reads.summaries({ ...wide, by: { location: 'old' } })).items).toEqual([])
    expect((await reads.summaries({ ...wide, by: { location: 'new' } })).items).toEqual([moved])
    expect((await reads.summaries({ ...wide, by: 'all' })).items).toEqual([moved])
  })
}

function otherLists(rule: Rule, home: Home): void {
  rule('aliases are found by kind and alias', async () => {
    const { store, reads } = home()
    await store.write(batchOf([deviceWrite('dev-1', 0, [{ table: 'aliases', item: alias() }])]))
    expect(await reads.findAliases('device_session', 'theirs-1')).toEqual([alias()])
    expect(await reads.findAliases('device_session', 'theirs-2')).toEqual([])
    expect(await reads.findAliases('wireless_device', 'theirs-1')).toEqual([])
  })

  rule(
    "a device's configurations are all kept, newest effective_from first, then newest written",
    async () => {
      const { store, reads } = home()
      const versions = [
        configVersion({ effective_from: T0, written_at: T0 + 9 }),
        configVersion({ effective_from: T0 + 5, written_at: T0 + 1 }),
        configVersion({ effective_from: T0 + 5, written_at: T0 + 2 }),
        configVersion({ effective_from: T0 + 5, written_at: T0 + 2, identity: '00' }),
      ]
      const puts = versions.map((item): Put => ({ table: 'config', item }))
      await store.write(
        batchOf([
          deviceWrite('dev-1', 0, puts),
          deviceWrite('dev-2', 0, [{ table: 'config', item: configVersion({ device_id: 'dev-2' }) }]),
        ]),
      )
      const history = await reads.configHistory('dev-1', 10)
      expect(history).toEqual({
        items: [versions[2], versions[3], versions[1], versions[0]],
        next_cursor: null,
      })
    },
  )

  rule('quarantined records are listed newest first, whole', async () => {
    const { store, reads } = home()
    const rows = ['3', '1', '2'].map((n) =>
      quarantined({ position: n.padStart(20, '0'), device_id: `dev-${n}` }),
    )
    await store.write(batchOf([], { quarantined: rows }))
    expect((await reads.quarantine(10)).items).toEqual([rows[0], rows[2], rows[1]])
  })
}
