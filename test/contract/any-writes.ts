/** Any writes, and any questions about them: for holding two homes against each other. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { EventQuery, HotStore, Put, ReadStore, SummaryQuery } from '../../events/ports.ts'
import {
  alias,
  batchOf,
  checkpoint,
  configVersion,
  deviceWrite,
  eventRow,
  identityRow,
  ordinal,
  quarantined,
  summary,
  T0,
} from './store-rows.ts'

const DEVICES = ['dev-1', 'dev-2', '../é', '🔌']
const device = fc.constantFrom(...DEVICES)
const location = fc.constantFrom('site-1', 'site-2', null)
const applied = fc.integer({ min: 1, max: 4 })
const ts = fc.integer({ min: T0, max: T0 + 5 })
const ord = fc.integer({ min: 0, max: 2 }).map(ordinal)
const flag = fc.constantFrom({}, { retracted: true }, { retracted: false })
const body = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
const name = fc.string({ unit: 'binary', maxLength: 3 })

const event = fc
  .record({ ts, ord, applied, location, body, origin: fc.constantFrom('device', 'chart', 'config') })
  .chain((of) => flag.map((marks): Put => ({ table: 'events', item: eventRow({ ...of, ...marks }) })))
const thing = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    kind: fc.constantFrom('session', 'session', 'too_old'),
    applied,
    location,
    body,
    started_at: ts,
  })
  .chain((of) => flag.map((marks): Put => ({ table: 'summaries', item: summary({ ...of, ...marks }) })))
const other = fc.oneof(
  fc.record({ applied, alias: name, target: name }).map((of): Put => ({ table: 'aliases', item: alias(of) })),
  fc.record({ applied, ts, ord }).map((of): Put => ({ table: 'identities', item: identityRow(of) })),
  fc
    .record({ applied, ts, ord, state: name })
    .map((of): Put => ({ table: 'checkpoints', item: checkpoint(of) })),
  fc.record({ applied, effective_from: ts }).map((of): Put => ({ table: 'config', item: configVersion(of) })),
)
export const step = fc.record({
  device,
  puts: fc.array(fc.oneof({ weight: 3, arbitrary: event }, { weight: 2, arbitrary: thing }, other), {
    maxLength: 6,
  }),
  position: fc.integer({ min: 1, max: 5 }).map(String),
})

const key = fc.record({ ts, ord })
export const eventQuery = fc.record(
  {
    from: key,
    to: key,
    limit: fc.integer({ min: 1, max: 4 }),
    newest_first: fc.boolean(),
    include_retracted: fc.boolean(),
    origin: fc.constantFrom('device', 'chart', 'config'),
  },
  { requiredKeys: ['from', 'to', 'limit'] },
)
export const summaryQuery = fc.record({
  kind: fc.constantFrom('session', 'too_old'),
  by: fc.constantFrom('all', { device_id: 'dev-1' }, { location: 'site-1' } as const),
  from: ts,
  to: ts,
  include_retracted: fc.boolean(),
  limit: fc.integer({ min: 1, max: 4 }),
})

type Step = { device: string; puts: Put[]; position: string }

export async function writeAll(store: HotStore, steps: Step[]): Promise<void> {
  for (const { device: device_id, puts, position } of steps) {
    const version = (await store.loadStates([device_id])).get(device_id)?.version ?? 0
    const mine = puts.map((put) => ({ ...put, item: { ...put.item, device_id } }) as Put)
    const rest = { quarantined: [quarantined({ position })], checkpoint: { consumer: 'main', position } }
    expect(await store.write(batchOf([deviceWrite(device_id, version, mine)], rest))).toEqual({
      conflicts: [],
    })
  }
}

/** Two pages of every list, cursors too. */
export async function answers(
  reads: ReadStore,
  asked: { ofEvents: EventQuery; ofThings: SummaryQuery },
): Promise<unknown[]> {
  const { ofEvents, ofThings } = asked
  const { limit } = ofEvents
  const lists: ((cursor?: string) => Promise<{ next_cursor: string | null }>)[] = [
    (cursor) => reads.devices(limit, cursor),
    (cursor) => reads.standings('evse', limit, cursor),
    (cursor) => reads.quarantine(limit, cursor),
    (cursor) => reads.summaries({ ...ofThings, ...(cursor && { cursor }) }),
    (cursor) => reads.eventsOfLocation('site-1', { ...ofEvents, ...(cursor && { cursor }) }),
    ...DEVICES.map((id) => (cursor?: string) => reads.configHistory(id, limit, cursor)),
    ...DEVICES.map(
      (id) => (cursor?: string) => reads.eventsOfDevice(id, { ...ofEvents, ...(cursor && { cursor }) }),
    ),
  ]
  const pages: unknown[] = [await reads.counts()]
  for (const list of lists) {
    const first = await list()
    pages.push(first, first.next_cursor && (await list(first.next_cursor)))
  }
  return pages
}
