/** What the processor asks of a store, for one device that is folded by itself, in memory and thrown away behind it. */
import { compareKeys, type EventKey, keyText } from '../events/key.ts'
import type {
  Alias,
  Checkpoint,
  DeviceWrite,
  EventRow,
  IdentityRow,
  Range,
  Summary,
} from '../events/ports.ts'
import type { Lookups } from './device-work.ts'

export type DeviceStore = Lookups & {
  take(write: Pick<DeviceWrite, 'puts'>): void
  summaries(): Iterable<Summary>
  aliases(): Iterable<Alias>
  /** Those that no longer hold too. */
  checkpointRows(range: Range): Checkpoint[]
}

type Keyed = EventKey & { retracted?: boolean }

export function deviceStore(): DeviceStore {
  const events = sortedTable<EventRow>()
  const checkpoints = sortedTable<Checkpoint>()
  const summaries = new Map<string, Summary>()
  const aliases = new Map<string, Alias>()
  const identities = new Map<string, IdentityRow>()
  return {
    atomic: true,
    keeps_all: true,
    findEvent: async (_, key) => events.find(key),
    findIdentity: async (_, identity) => identities.get(identity) ?? null,
    findAliases: async (kind, alias) =>
      [...aliases.values()].filter((one) => one.kind === kind && one.alias === alias),
    history: async (_, range) => events.within(range),
    things: async (_, from, to) =>
      [...summaries.values()]
        .filter(({ started_at }) => started_at >= from && started_at < to)
        .sort((a, b) => a.started_at - b.started_at),
    checkpoints: async (_, range) => checkpoints.within(range).filter(({ retracted }) => !retracted),
    checkpointBefore: async (_, key, applied) =>
      checkpoints.lastBefore(key, (one) => !one.retracted && one.applied <= applied),
    take: ({ puts }) => {
      for (const { table, item } of puts) {
        if (table === 'events') events.put(item)
        else if (table === 'checkpoints') checkpoints.put(item)
        else if (table === 'summaries') summaries.set(`${item.kind} ${item.id}`, item)
        else if (table === 'aliases') aliases.set(`${item.kind} ${item.alias} ${item.target}`, item)
        else if (table === 'identities') identities.set(item.identity, item)
      }
    },
    summaries: () => summaries.values(),
    aliases: () => aliases.values(),
    checkpointRows: (range) => checkpoints.within(range),
  }
}

/** Rows in key order; most come behind the last. */
function sortedTable<Row extends Keyed>() {
  const rows: Row[] = []
  const byKey = new Map<string, Row>()

  /** How many rows lie below `key`. */
  function below(key: EventKey): number {
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareKeys(rows[middle] as Row, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    find: (key: EventKey): Row | null => byKey.get(keyText(key)) ?? null,
    within: ({ from, to }: Range): Row[] => rows.slice(below(from), below(to)),
    lastBefore: (key: EventKey, wanted: (row: Row) => boolean): Row | null => {
      for (let at = below(key) - 1; at >= 0; at--) if (wanted(rows[at] as Row)) return rows[at] as Row
      return null
    },
    put: (row: Row): void => {
      const name = keyText(row)
      const at = below(row)
      if (byKey.has(name)) rows[at] = row
      else if (at === rows.length) rows.push(row)
      else rows.splice(at, 0, row)
      byKey.set(name, row)
    },
  }
}
