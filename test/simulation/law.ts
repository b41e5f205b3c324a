/** The law of DESIGN §5: what must be the same, whatever happened on the way, and what is bookkeeping. */
import type { DeviceState } from '../../statecharts/device-state.ts'

/** All tables of a store, rows in key order, as `dump()` of the memory and SQLite stores gives them. */
export type Dump = Record<string, unknown[]>

type Row = Record<string, unknown>

/** Live rows and chart states, without what the law leaves out. */
export function lawful(dump: Dump): Dump {
  const tables: Dump = {}
  const live = new Set((dump.events as Row[]).filter((row) => !row.retracted).map((row) => row.device_id))
  // A pair whose members were all told to be elsewhere is one that has never been.
  const isLive = (row: Row) => !row.retracted && (row.device_type !== 'pair' || live.has(row.device_id))
  for (const [table, rows] of Object.entries(dump)) {
    if (table === 'positions' || table === 'checkpoints') continue
    const kept = (rows as Row[]).filter(isLive).map((row) => withoutBookkeeping(table, row))
    tables[table] = table === 'quarantine' ? refusedOnce(kept) : kept
  }
  return tables
}

/** A record that comes again is refused again, each with its place in the log; of one message the first is meant. */
function refusedOnce(rows: Row[]): Row[] {
  const inOrder = rows.sort((a, b) => Number(a.received_at) - Number(b.received_at))
  const byMessage = new Map(inOrder.toReversed().map((row) => [`${row.topic} ${row.payload_base64}`, row]))
  return [...byMessage].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

function withoutBookkeeping(table: string, row: Row): Row {
  const {
    applied: _a,
    entered: _e,
    because: _b,
    revision: _r,
    supersedes: _s,
    version: _v,
    ttl: _t,
    ...kept
  } = row
  if (table === 'quarantine') delete kept.position
  if (kept.kind === 'too_old') kept.body = { ...(kept.body as Row), position: null }
  // Of copies that were received at different times the last to come in may be dropped or not.
  if (table === 'states') delete kept.last_received_at
  if (table === 'summaries') kept.body = lawfulThing(kept.body as Row)
  if (table === 'events') kept.body = withoutRevision(kept.body as Row)
  if (table === 'events' && row.device_type === 'pair') kept.body = withoutTold(kept.body as Row)
  if (typeof kept.state === 'string') kept.state = lawfulState(kept.state)
  return kept
}

/** What is still open is told from the state; its row only says which it is and when it began. */
function lawfulThing(body: Row): Row {
  if (body.ended_at !== null) return withoutRevision(body)
  const { session_id, cycle_id, device_session_id, device_id, location, started_at } = body
  return { session_id, cycle_id, device_session_id, device_id, location, started_at, ended_at: null }
}

/** Records of a member are numbered as they come. */
function withoutTold(fields: object): Row {
  const { told: _, ...body } = fields as Row
  return body
}

function withoutRevision({ revision: _, ...body }: Row): Row {
  return body
}

function lawfulState(text: string): unknown {
  const parsed = JSON.parse(text) as DeviceState
  const { applied: _a, recent: _r, checkpoint: _c, clock: _k, undoable, ...state } = parsed
  // What was counted on the way is of the way: a late event that moved three decisions decided three times.
  const { late: _l, decided: _d, disagreed: _g, ...counters } = state.counters
  const kept = state.device_type === 'pair' ? withoutWithdrawn(state) : { ...state, counters }
  return { ...kept, undoable: undoable && withoutBookkeeping('events', undoable as unknown as Row) }
}

/** A pair hears words that are withdrawn again, and some more than once: what it counted of them says nothing. */
function withoutWithdrawn<
  S extends Pick<DeviceState, 'counters' | 'spoken' | 'clamped_span' | 'last' | 'first_received_at' | 'told'>,
>(state: S) {
  const { counters: _c, spoken: _s, clamped_span: _p, first_received_at: _r, told: _t, last, ...kept } = state
  return { ...kept, last: last && { ...last, fields: withoutTold(last.fields) } }
}
