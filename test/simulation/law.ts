/** The law of DESIGN §5: what must be the same, whatever happened on the way, and what is bookkeeping. */
import { parseDeviceState } from '../../statecharts/device-state.ts'

/** All tables of a store, rows in key order, as `dump()` of the memory and SQLite stores gives them. */
export type Dump = Record<string, unknown[]>

type Row = Record<string, unknown>

/** Live rows and chart states, without what the law leaves out. */
export function lawful(dump: Dump): Dump {
  const tables: Dump = {}
  for (const [table, rows] of Object.entries(dump)) {
    if (table === 'consumers' || table === 'positions') continue
    tables[table] = (rows as Row[])
      .filter((row) => !row.retracted)
      .map((row) => withoutBookkeeping(table, row))
  }
  return tables
}

function withoutBookkeeping(table: string, row: Row): Row {
  const { applied: _a, revision: _r, supersedes: _s, version: _v, ttl: _t, ...kept } = row
  if (table === 'quarantine') delete kept.position
  if (typeof kept.state === 'string') kept.state = lawfulState(kept.state)
  return kept
}

function lawfulState(text: string): unknown {
  const { applied: _a, recent: _r, undoable, ...kept } = parseDeviceState(text)
  return { ...kept, undoable: undoable && withoutBookkeeping('events', undoable as unknown as Row) }
}
