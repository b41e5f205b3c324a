/** What every `HotStore` does, whether or not it has transactions. */
import { afterEach, beforeEach, expect } from 'vitest'
import type { StoreDump, TableName } from '../../adapters/store-tables.ts'
import type { HotStore, Put } from '../../events/ports.ts'
import { type ContractOptions, contract, type Rule } from './contract.ts'
import { histories } from './hot-store-history.ts'
import { crashes, timers, versions } from './hot-store-writes.ts'
import {
  alias,
  batchOf,
  checkpoint,
  configVersion,
  deviceWrite,
  eventPut,
  eventRow,
  identityRow,
  onePutEach,
  ordinal,
  quarantined,
  stateItem,
  summary,
  T0,
} from './store-rows.ts'

export type StoreUnderTest = {
  store: HotStore
  dump(): Promise<StoreDump>
  /** The next write into `table` and all after it fail, until `mend`. */
  breakAt(table: TableName): Promise<void>
  mend(): Promise<void>
  /** Ends the store as a process does, and opens it again. */
  reopen(): Promise<HotStore>
  dispose(): Promise<void>
}

export type Home = () => StoreUnderTest

export function hotStoreContract(
  name: string,
  make: () => Promise<StoreUnderTest>,
  options: ContractOptions = {},
): void {
  contract(`HotStore: ${name}`, options, (rule) => {
    let current: StoreUnderTest
    beforeEach(async () => {
      current = await make()
    })
    afterEach(() => current.dispose())
    const home = () => current
    lookUps(rule, home)
    newerWins(rule, home)
    versions(rule, home)
    crashes(rule, home)
    timers(rule, home)
    histories(rule, home)
  })
}

function lookUps(rule: Rule, home: Home): void {
  rule('an empty store knows nothing', async () => {
    const { store } = home()
    expect(await store.loadStates(['dev-1'])).toEqual(new Map())
    expect(await store.position('main')).toBe('')
    expect(await store.findEvent('dev-1', eventRow())).toBeNull()
    expect(await store.findIdentity('dev-1', 'ab')).toBeNull()
    expect(await store.findAliases('device_session', 'theirs-1')).toEqual([])
    expect(await store.due(T0, T0, 10)).toEqual([])
  })

  rule('every item comes back as it was put, absent fields absent', async () => {
    const { store, dump } = home()
    const bare = eventRow({ location: null, reported_timestamp: 1.7e18, body: {} })
    const full = eventRow({
      ord: ordinal(2),
      reported_timestamp: 123_456.5,
      retracted: true,
      supersedes: '1763000000000.x',
      body: { nested: { list: [1, null, 'é', { deep: true }] }, text: 'a\u0000b' },
    })
    const puts: Put[] = [
      { table: 'events', item: bare },
      { table: 'events', item: full },
      { table: 'summaries', item: summary({ location: null }) },
      { table: 'summaries', item: summary({ id: 's-2', retracted: true, superseded_by: 's-1' }) },
      { table: 'summaries', item: summary({ id: 's-3', kind: 'too_old', ttl: 1_770_776_000 }) },
      { table: 'aliases', item: alias() },
      { table: 'identities', item: identityRow() },
      { table: 'checkpoints', item: checkpoint() },
      { table: 'checkpoints', item: checkpoint({ ts: T0 + 1, ttl: 1_770_776_000 }) },
      { table: 'config', item: configVersion() },
    ]
    const write = deviceWrite('dev-1', 0, puts)
    write.state = stateItem({ location: null, next_due: T0 + 60_000 })
    await store.write(
      batchOf([write], {
        quarantined: [quarantined(), quarantined({ position: '00000000000000000008', device_id: 'dev-9' })],
        checkpoint: { consumer: 'main', position: '00000000000000000009' },
      }),
    )
    expect(await store.findEvent('dev-1', bare)).toEqual(bare)
    expect(await store.findEvent('dev-1', full)).toEqual(full)
    expect(await store.findIdentity('dev-1', identityRow().identity)).toEqual(identityRow())
    expect(await store.findAliases('device_session', 'theirs-1')).toEqual([alias()])
    expect(await store.loadStates(['dev-1', 'dev-2'])).toEqual(new Map([['dev-1', write.state]]))
    expect(await store.position('main')).toBe('00000000000000000009')
    expect(await store.position('other')).toBe('')
    expect(await dump()).toEqual({
      events: [bare, full],
      summaries: [
        summary({ location: null }),
        summary({ id: 's-2', retracted: true, superseded_by: 's-1' }),
        summary({ id: 's-3', kind: 'too_old', ttl: 1_770_776_000 }),
      ],
      aliases: [alias()],
      identities: [identityRow()],
      checkpoints: [checkpoint(), checkpoint({ ts: T0 + 1, ttl: 1_770_776_000 })],
      config: [configVersion()],
      states: [write.state],
      quarantine: [quarantined(), quarantined({ position: '00000000000000000008', device_id: 'dev-9' })],
      positions: [{ consumer: 'main', position: '00000000000000000009' }],
    })
  })

  rule('two events of one millisecond are two rows', async () => {
    const { store, dump } = home()
    const [one, two] = [eventRow({ body: { n: 1 } }), eventRow({ ord: ordinal(2), body: { n: 2 } })]
    await store.write(batchOf([deviceWrite('dev-1', 0, [eventPut(two), eventPut(one)])]))
    expect((await dump()).events).toEqual([one, two])
  })

  rule('an id is a key and nothing else', async () => {
    const { store } = home()
    for (const id of ODD_IDS) {
      const row = eventRow({ device_id: id, location: id })
      const puts: Put[] = [
        eventPut(row),
        { table: 'identities', item: identityRow({ device_id: id }) },
        { table: 'aliases', item: alias({ device_id: id, alias: id }) },
      ]
      expect(await store.write(batchOf([deviceWrite(id, 0, puts)]))).toEqual({ conflicts: [] })
    }
    const states = await store.loadStates(ODD_IDS)
    for (const id of ODD_IDS) {
      expect(states.get(id)?.device_id).toBe(id)
      expect((await store.findEvent(id, eventRow()))?.location).toBe(id)
      expect((await store.findIdentity(id, identityRow().identity))?.device_id).toBe(id)
      expect(await store.findAliases('device_session', id)).toEqual([alias({ device_id: id, alias: id })])
    }
    expect(states.size).toBe(ODD_IDS.length)
  })

  rule('one alias may name several things, and the kinds do not mix', async () => {
    const { store } = home()
    const puts: Put[] = ['s-2', 's-1'].map((target) => ({ table: 'aliases', item: alias({ target }) }))
    await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
    expect(await store.findAliases('device_session', 'theirs-1')).toEqual([
      alias({ target: 's-1' }),
      alias({ target: 's-2' }),
    ])
    expect(await store.findAliases('wireless_device', 'theirs-1')).toEqual([])
  })

  rule('what callers do to their items afterwards does not reach the store', async () => {
    const { store } = home()
    const row = eventRow({ body: { list: [1] } })
    await store.write(batchOf([deviceWrite('dev-1', 0, [eventPut(row)])]))
    Object.assign(row.body, { list: [2] })
    const read = await store.findEvent('dev-1', row)
    Object.assign(read?.body ?? {}, { list: [3] })
    expect((await store.findEvent('dev-1', row))?.body).toEqual({ list: [1] })
  })
}

/** What a device may call itself: paths, names that JavaScript knows, other scripts, half a character, the longest. */
const ODD_IDS = [
  '../../x',
  'a/b',
  'a',
  'a\u0000b',
  '__proto__',
  'constructor',
  "'; DROP TABLE states; --",
  '%2e%2e',
  '⚡️🔌',
  '\ud83d',
  '\ud83e',
  '\ufffd',
  '\uffff0000',
  'null',
  ' ',
  'x'.repeat(128),
]

function newerWins(rule: Rule, home: Home): void {
  for (const table of onePutEach('dev-1', 1).map((put) => put.table)) {
    rule(`${table}: a put with a higher applied overwrites, one with a lower is refused`, async () => {
      const { store, dump } = home()
      const putAs = (applied: number) => onePutEach('dev-1', applied).filter((put) => put.table === table)
      const stored = async () => (await dump())[table].map((item) => item.applied)
      await store.write(batchOf([deviceWrite('dev-1', 0, putAs(5))]))
      await store.write(batchOf([deviceWrite('dev-1', 1, putAs(4))]))
      expect(await stored()).toEqual([5])
      await store.write(batchOf([deviceWrite('dev-1', 2, putAs(7))]))
      expect(await stored()).toEqual([7])
    })
  }

  rule('a put with an equal applied overwrites', async () => {
    const { store } = home()
    const rows = [1, 2].map((revision) => eventRow({ applied: 3, revision, body: { revision } }))
    await store.write(batchOf([deviceWrite('dev-1', 0, rows.map(eventPut))]))
    expect(await store.findEvent('dev-1', eventRow())).toEqual(rows[1])
  })

  rule('an overwritten row keeps nothing of the old one', async () => {
    const { store } = home()
    const marked = eventRow({ supersedes: 'x', location: 'old' })
    await store.write(batchOf([deviceWrite('dev-1', 0, [eventPut(marked)])]))
    await store.write(batchOf([deviceWrite('dev-1', 1, [eventPut(eventRow({ applied: 2 }))])]))
    expect(await store.findEvent('dev-1', marked)).toEqual(eventRow({ applied: 2 }))
  })

  rule('a refused put does not keep the state from being written', async () => {
    const { store } = home()
    await store.write(batchOf([deviceWrite('dev-1', 0, [eventPut(eventRow({ applied: 9 }))])]))
    const { conflicts } = await store.write(batchOf([deviceWrite('dev-1', 1, [eventPut(eventRow())])]))
    expect(conflicts).toEqual([])
    expect((await store.loadStates(['dev-1'])).get('dev-1')?.version).toBe(2)
  })

  rule('a quarantined record that comes again is one row', async () => {
    const { store, dump } = home()
    await store.write(batchOf([], { quarantined: [quarantined()] }))
    await store.write(batchOf([], { quarantined: [quarantined({ reason: 'said better' })] }))
    expect((await dump()).quarantine).toEqual([quarantined({ reason: 'said better' })])
  })
}
