/** What every `ReadStore` does with pages and cursors. */
import { expect } from 'vitest'
import { lowestKey } from '../../events/key.ts'
import { BadCursor, type EventQuery, type Page, type Put, type ReadStore } from '../../events/ports.ts'
import type { Rule } from './contract.ts'
import type { Home } from './read-store-contract.ts'
import {
  ALL,
  batchOf,
  configVersion,
  deviceWrite,
  eventPut,
  eventRow,
  keyOf,
  ordinal,
  putEvents,
  putSummaries,
  quarantined,
  summary,
  T0,
} from './store-rows.ts'

export function paging(rule: Rule, home: Home): void {
  rule('pages of 7 through 1,000 events give each once, both ways, by device and by location', async () => {
    const { store, reads } = home()
    // Four to a millisecond, so that pages end within one.
    const keys = Array.from({ length: 1000 }, (_, n) => ({ ts: T0 + Math.floor(n / 4), ord: ordinal(n % 4) }))
    await putEvents(store, keys)
    for (const newest_first of [false, true]) {
      const expected = newest_first ? keys.toReversed() : keys
      const query = { ...ALL, limit: 7, newest_first }
      const ofDevice = await allPages(7, (page) => reads.eventsOfDevice('dev-1', { ...query, ...page }))
      expect(ofDevice.map(keyOf)).toEqual(expected)
      const ofLocation = await allPages(7, (page) => reads.eventsOfLocation('site-1', { ...query, ...page }))
      expect(ofLocation.map(keyOf)).toEqual(expected)
    }
  })

  rule('devices of one location that share a key are each on one page', async () => {
    const { store, reads } = home()
    const ids = Array.from({ length: 20 }, (_, n) => `dev-${String(n).padStart(2, '0')}`)
    await store.write(batchOf(ids.map((id) => deviceWrite(id, 0, [eventPut(eventRow({ device_id: id }))]))))
    for (const newest_first of [false, true]) {
      const query = { ...ALL, limit: 3, newest_first }
      const rows = await allPages(3, (page) => reads.eventsOfLocation('site-1', { ...query, ...page }))
      expect(rows.map((row) => row.device_id)).toEqual(newest_first ? ids.toReversed() : ids)
    }
  })

  rule('pages of a narrowed list hold what it narrows to', async () => {
    const { store, reads } = home()
    const rows = Array.from({ length: 60 }, (_, n) =>
      eventRow({ ts: T0 + n, origin: n % 3 === 0 ? 'chart' : 'device', retracted: n % 2 === 0 }),
    )
    await store.write(batchOf([deviceWrite('dev-1', 0, rows.map(eventPut))]))
    const query = { ...ALL, limit: 3, origin: 'chart' } as const
    const found = await allPages(3, (page) => reads.eventsOfDevice('dev-1', { ...query, ...page }))
    expect(found).toEqual(rows.filter((row) => row.origin === 'chart' && row.retracted !== true))
  })

  rule('pages of 7 through 1,000 summaries give each once, by device, by location and all', async () => {
    const { store, reads } = home()
    const rows = Array.from({ length: 1000 }, (_, n) =>
      summary({ id: `s-${String(n).padStart(4, '0')}`, started_at: T0 + Math.floor(n / 4) }),
    )
    await putSummaries(store, rows)
    const expected = rows.map((row) => row.id).toReversed()
    for (const by of ['all', { device_id: 'dev-1' }, { location: 'site-1' }] as const) {
      const query = { kind: 'session', by, from: 0, to: T0 * 2, limit: 7 } as const
      const found = await allPages(7, (page) => reads.summaries({ ...query, ...page }))
      expect(found.map((row) => row.id)).toEqual(expected)
    }
  })

  rule(
    'pages of 7 through 1,000 devices, configurations and quarantined records give each once',
    async () => {
      const { store, reads } = home()
      const numbers = Array.from({ length: 1000 }, (_, n) => String(n).padStart(20, '0'))
      const versions = numbers.map((identity, n) =>
        configVersion({ identity, effective_from: T0 + Math.floor(n / 4) }),
      )
      const puts = versions.map((item): Put => ({ table: 'config', item }))
      const writes = numbers.map((id, n) => deviceWrite(id, 0, n === 0 ? puts.map(onDevice(id)) : []))
      await store.write(
        batchOf(writes, { quarantined: numbers.map((position) => quarantined({ position })) }),
      )
      const states = await allPages(7, ({ cursor }) => reads.devices(7, cursor))
      expect(states.map((state) => state.device_id)).toEqual(numbers)
      const standings = await allPages(7, ({ cursor }) => reads.standings('evse', 7, cursor))
      expect(standings.map(({ device_id }) => device_id)).toEqual(numbers)
      const history = await allPages(7, ({ cursor }) => reads.configHistory(numbers[0] as string, 7, cursor))
      expect(history.map((version) => version.identity)).toEqual(numbers.toReversed())
      const refused = await allPages(7, ({ cursor }) => reads.quarantine(7, cursor))
      expect(refused.map((row) => row.position)).toEqual(numbers.toReversed())
    },
  )

  rule('a page that ends with the last row has no cursor', async () => {
    const { store, reads } = home()
    await putEvents(
      store,
      [1, 2, 3].map((n) => ({ ts: T0, ord: ordinal(n) })),
    )
    expect((await reads.eventsOfDevice('dev-1', { ...ALL, limit: 3 })).next_cursor).toBeNull()
    expect((await reads.eventsOfDevice('dev-1', { ...ALL, limit: 2 })).next_cursor).not.toBeNull()
  })

  rule('rows that come while somebody pages are not seen twice, nor hide what was there', async () => {
    const { store, reads } = home()
    await putEvents(
      store,
      [10, 20, 30, 40].map((n) => ({ ts: T0 + n, ord: ordinal(0) })),
    )
    const first = await reads.eventsOfDevice('dev-1', { ...ALL, limit: 2 })
    const more = [5, 25].map((n) => eventPut(eventRow({ ts: T0 + n, ord: ordinal(0) })))
    await store.write(batchOf([deviceWrite('dev-1', 1, more)]))
    const cursor = first.next_cursor as string
    const rest = await reads.eventsOfDevice('dev-1', { ...ALL, limit: 10, cursor })
    expect(rest.items.map((row) => row.ts - T0)).toEqual([25, 30, 40])
  })

  rule('a cursor narrows a range and never widens it', async () => {
    const { store, reads } = home()
    const starts = [10, 20, 30, 40, 50, 60].map((n) => T0 + n)
    const things = starts.map(
      (started_at): Put => ({
        table: 'summaries',
        item: summary({ id: `${started_at}`, started_at }),
      }),
    )
    const rows = starts.map((ts) => eventPut(eventRow({ ts })))
    await store.write(batchOf([deviceWrite('dev-1', 0, [...rows, ...things])]))
    const range = { from: lowestKey(T0 + 30), to: lowestKey(T0 + 50) }
    for (const newest_first of [false, true]) {
      for (const ask of [
        (query: EventQuery) => reads.eventsOfDevice('dev-1', query),
        (query: EventQuery) => reads.eventsOfLocation('site-1', query),
      ]) {
        const outside = await ask({ ...ALL, limit: 1, newest_first })
        const { items } = await ask({ ...range, limit: 10, newest_first, ...cursorOf(outside.next_cursor) })
        expect(items.map((row) => row.ts - T0).sort()).toEqual([30, 40])
      }
    }
    const wide = { kind: 'session', by: 'all', from: 0, to: T0 * 2, limit: 1 } as const
    const cursor = cursorOf((await reads.summaries(wide)).next_cursor)
    const { items } = await reads.summaries({ ...wide, from: T0 + 30, to: T0 + 50, limit: 10, ...cursor })
    expect(items.map((item) => item.started_at - T0)).toEqual([40, 30])
  })
}

export function cursors(rule: Rule, home: Home): void {
  const wide = { kind: 'session', by: 'all', from: 0, to: T0 * 2, limit: 1 } as const
  const lists = (reads: ReadStore): ((cursor?: string) => Promise<Page<unknown>>)[] => [
    (cursor) => reads.devices(1, cursor),
    (cursor) => reads.standings('evse', 1, cursor),
    (cursor) => reads.eventsOfDevice('dev-1', { ...ALL, limit: 1, ...cursorOf(cursor) }),
    (cursor) => reads.eventsOfLocation('site-1', { ...ALL, limit: 1, ...cursorOf(cursor) }),
    (cursor) => reads.summaries({ ...wide, ...cursorOf(cursor) }),
    (cursor) => reads.configHistory('dev-1', 1, cursor),
    (cursor) => reads.quarantine(1, cursor),
  ]

  rule('a broken cursor is refused by every list', async () => {
    const { reads } = home()
    const broken = ['', 'x', '!!', 'bnVsbA', 'W10', 'eyJhIjoxfQ', `${T0}`, 'a'.repeat(10_000)]
    for (const list of lists(reads))
      for (const cursor of broken) await expect(list(cursor)).rejects.toThrow(BadCursor)
  })

  rule("another list's cursor, or one that was cut or lengthened, is refused", async () => {
    const { store, reads } = home()
    const puts: Put[] = [1, 2].flatMap((n): Put[] => [
      eventPut(eventRow({ ord: ordinal(n) })),
      { table: 'summaries', item: summary({ id: `s-${n}` }) },
      { table: 'config', item: configVersion({ identity: `${n}` }) },
    ])
    await store.write(
      batchOf([deviceWrite('dev-1', 0, puts), deviceWrite('dev-2', 0, [])], {
        quarantined: ['1', '2'].map((position) => quarantined({ position })),
      }),
    )
    const asks = lists(reads)
    const given = await Promise.all(asks.map(async (ask) => (await ask()).next_cursor as string))
    for (const [mine, cursor] of given.entries()) {
      for (const [other, ask] of asks.entries()) {
        if (other === mine) expect((await ask(cursor)).items).toHaveLength(1)
        else await expect(ask(cursor)).rejects.toThrow(BadCursor)
      }
      for (const wrong of [cursor.slice(0, -4), `${cursor}!`, `${cursor}==`])
        await expect(asks[mine]?.(wrong)).rejects.toThrow(BadCursor)
    }
  })

  rule('a limit below one is our bug', async () => {
    const { reads } = home()
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      const asks = [
        reads.devices(limit),
        reads.standings('evse', limit),
        reads.eventsOfDevice('dev-1', { ...ALL, limit }),
        reads.eventsOfLocation('site-1', { ...ALL, limit }),
        reads.summaries({ ...wide, limit }),
        reads.configHistory('dev-1', limit),
        reads.quarantine(limit),
      ]
      for (const ask of asks) await expect(ask).rejects.toThrow(RangeError)
    }
  })
}

/** Every page from the first to the last, none longer than `limit`. */
async function allPages<T>(
  limit: number,
  ask: (page: { cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const all: T[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await ask(cursorOf(cursor))
    expect(page.items.length).toBeLessThanOrEqual(limit)
    all.push(...page.items)
    if (page.next_cursor === null) return all
    cursor = page.next_cursor
  }
}

function cursorOf(cursor: string | null | undefined): { cursor?: string } {
  return cursor === undefined || cursor === null ? {} : { cursor }
}

function onDevice(device_id: string): (put: Put) => Put {
  return (put) => ({ ...put, item: { ...put.item, device_id } }) as Put
}
