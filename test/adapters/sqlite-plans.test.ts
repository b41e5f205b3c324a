import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type SqliteReads, sqliteReads } from '../../adapters/sqlite-reads.ts'
import { type SqliteStore, sqliteStore } from '../../adapters/sqlite-store.ts'
import { lowestKey } from '../../events/key.ts'
import type { Put } from '../../events/ports.ts'
import {
  batchOf,
  configVersion,
  deviceWrite,
  eventRow,
  ordinal,
  quarantined,
  summary,
  T0,
} from '../contract/store-rows.ts'
import { type TemporaryFolder, temporaryFolder } from '../contract/temporary-folder.ts'

let folder: TemporaryFolder
let store: SqliteStore
let reads: SqliteReads
beforeEach(async () => {
  folder = await temporaryFolder()
  store = sqliteStore(folder.file('hot.sqlite'))
  reads = sqliteReads(folder.file('hot.sqlite'))
  await store.write(
    batchOf([deviceWrite('dev-1', 0, twoOfEach()), deviceWrite('dev-2', 0, [])], twoQuarantined()),
  )
})
afterEach(async () => {
  reads.close()
  store.close()
  await folder.remove()
})

/** The plan of every statement that is prepared for the first time while `ask` runs. */
async function plansOf(ask: () => Promise<void>): Promise<{ sql: string; plan: string }[]> {
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  await ask()
  const statements = new Set(prepare.mock.calls.map(([sql]) => sql))
  prepare.mockRestore()
  const connection = new DatabaseSync(folder.file('hot.sqlite'), { readOnly: true })
  const plans = [...statements].map((sql) => {
    const unbound = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    return { sql, plan: unbound.map((step) => step.detail).join('; ') }
  })
  connection.close()
  return plans
}

function expectLookUps(plans: { sql: string; plan: string }[]): void {
  for (const { sql, plan } of plans) {
    expect(plan, sql).toMatch(/^SEARCH /)
    expect(plan, sql).not.toMatch(/SCAN|TEMP B-TREE/)
  }
}

test('every question about events is a bounded range of one index, in its order', async () => {
  const range = { from: lowestKey(T0), to: lowestKey(T0 + 100), limit: 1 }
  const plans = await plansOf(async () => {
    for (const newest_first of [false, true])
      for (const origin of [undefined, 'device', 'chart', 'config'] as const)
        for (const event_type of [undefined, 'telemetry'] as const)
          for (const include_retracted of [false, true]) {
            const narrowed = {
              ...(origin && { origin }),
              ...(event_type && { event_type }),
              include_retracted,
            }
            const query = { ...range, newest_first, ...narrowed }
            const ofDevice = await reads.eventsOfDevice('dev-1', query)
            if (ofDevice.next_cursor)
              await reads.eventsOfDevice('dev-1', { ...query, cursor: ofDevice.next_cursor })
            const ofSite = await reads.eventsOfLocation('site-1', query)
            if (ofSite.next_cursor)
              await reads.eventsOfLocation('site-1', { ...query, cursor: ofSite.next_cursor })
          }
  })
  // Two lists, two directions, three origins, with and without a type, with and without retracted rows, some with a cursor.
  expect(plans.length).toBeGreaterThan(2 * 2 * 3 * 2 * 2)
  expectLookUps(plans)
  for (const { sql, plan } of plans)
    expect(plan, sql).toMatch(/>\(\?,\?(,\?)?\) AND \(ts,ord(,device_id)?\)</)
  for (const { sql, plan } of plans.filter((each) => each.sql.includes('origin <>')))
    expect(plan, sql).toMatch(/events_decided.* AND origin=\?/)
})

test('every question about summaries is a bounded range of its own index', async () => {
  const plans = await plansOf(async () => {
    for (const by of ['all', { device_id: 'dev-1' }, { location: 'site-1' }] as const) {
      const query = { kind: 'session', by, from: T0, to: T0 + 100, limit: 1 } as const
      const { next_cursor } = await reads.summaries(query)
      await reads.summaries({ ...query, cursor: next_cursor as string, include_retracted: true })
    }
    await reads.summary('session', 's-1')
  })
  expect(plans).toHaveLength(7)
  expectLookUps(plans)
  const lists = plans.filter(({ sql }) => sql.includes('ORDER BY'))
  for (const index of ['summaries_by_time', 'summaries_by_device', 'summaries_by_location'])
    expect(lists.filter(({ plan }) => plan.includes(`${index} `))).toHaveLength(2)
  for (const { sql, plan } of lists)
    expect(plan, sql).toMatch(/\(started_at,id\)>\(\?,\?\) AND \(started_at,id\)<\(\?,\?\)/)
})

test('every other question of the API is a look-up or a bounded range', async () => {
  const plans = await plansOf(async () => {
    await reads.device('dev-1')
    await reads.devices(1, (await reads.devices(1)).next_cursor as string)
    await reads.standings('evse', 1, (await reads.standings('evse', 1)).next_cursor as string)
    await reads.checkpointBefore('dev-1', lowestKey(T0), 1)
    await reads.findAliases('device_session', 'theirs-1')
    await reads.configHistory('dev-1', 1, (await reads.configHistory('dev-1', 1)).next_cursor as string)
    await reads.quarantine(1, (await reads.quarantine(1)).next_cursor as string)
    await reads.counts()
  })
  expect(plans).toHaveLength(10)
  expectLookUps(plans)
})

test('every question of the processor is a look-up or a bounded range', async () => {
  const plans = await plansOf(async () => {
    await store.loadStates(['dev-1'])
    await store.position('main')
    await store.findEvent('dev-1', lowestKey(T0))
    await store.findIdentity('dev-1', 'ab')
    await store.findAliases('device_session', 'theirs-1')
    await store.due(T0, T0, 10)
  })
  expect(plans).toHaveLength(6)
  expectLookUps(plans)
})

test('every question of a repair is a bounded range of one index, in its order', async () => {
  const range = { from: lowestKey(T0), to: lowestKey(T0 + 100) }
  const plans = await plansOf(async () => {
    await store.history('dev-1', range)
    await store.things('dev-1', T0, T0 + 100)
    await store.checkpoints('dev-1', range)
    await store.checkpointBefore('dev-1', lowestKey(T0), 1)
  })
  expect(plans).toHaveLength(4)
  expectLookUps(plans)
  for (const { sql, plan } of plans.filter((each) => each.sql.includes('(ts, ord) >=')))
    expect(plan, sql).toMatch(/\(device_id=\? AND \(ts,ord\)>\(\?,\?\) AND \(ts,ord\)<\(\?,\?\)\)/)
  expect(plans.filter(({ plan }) => plan.includes('started_at>? AND started_at<?'))).toHaveLength(1)
})

function twoOfEach(): Put[] {
  return [1, 2].flatMap((n): Put[] => [
    { table: 'events', item: eventRow({ ord: ordinal(n) }) },
    { table: 'events', item: eventRow({ ord: ordinal(n + 2), origin: 'chart', event_type: 'telemetry' }) },
    { table: 'summaries', item: summary({ id: `s-${n}` }) },
    { table: 'config', item: configVersion({ identity: `${n}` }) },
  ])
}

function twoQuarantined() {
  return { quarantined: ['1', '2'].map((position) => quarantined({ position })) }
}
