/** What the hot store holds, home by home the same: its tables, their keys, and the order that a dump has. */
import type {
  Alias,
  Checkpoint,
  ConfigVersion,
  DeviceStateItem,
  EventRow,
  IdentityRow,
  Quarantined,
  Summary,
} from '../events/ports.ts'

export type ConsumerPosition = { consumer: string; position: string }

export type Tables = {
  events: EventRow
  summaries: Summary
  aliases: Alias
  identities: IdentityRow
  checkpoints: Checkpoint
  config: ConfigVersion
  states: DeviceStateItem
  quarantine: Quarantined
  positions: ConsumerPosition
}
export type TableName = keyof Tables

/** Columns of each key, most significant first. Two items with the same key are the same thing. */
export const KEY_COLUMNS: { [T in TableName]: readonly (keyof Tables[T] & string)[] } = {
  events: ['device_id', 'ts', 'ord'],
  summaries: ['kind', 'id'],
  aliases: ['kind', 'alias', 'target'],
  identities: ['device_id', 'identity'],
  checkpoints: ['device_id', 'ts', 'ord'],
  config: ['device_id', 'effective_from', 'written_at', 'identity'],
  states: ['device_id'],
  quarantine: ['position'],
  positions: ['consumer'],
}

export const TABLE_NAMES = Object.keys(KEY_COLUMNS) as TableName[]

/** Every row of every table in key order, for comparing two runs or two homes. */
export type StoreDump = { [T in TableName]: Tables[T][] }

/** Compares items by these fields, most significant first. */
export function compareBy<T>(columns: readonly (keyof T)[]): (a: T, b: T) => number {
  return (a, b) => {
    for (const column of columns) {
      const [one, other] = [a[column], b[column]]
      const order =
        typeof one === 'number' ? one - (other as number) : compareText(one as string, other as string)
      if (order !== 0) return order
    }
    return 0
  }
}

/** Texts sort by their UTF-8 bytes, as SQLite and DynamoDB sort them. */
export function compareText(a: string, b: string): number {
  const common = Math.min(a.length, b.length)
  for (let at = 0; at < common; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one !== other) return byteRank(one) - byteRank(other)
  }
  return a.length - b.length
}

/** Surrogates stand for characters beyond U+FFFF, so their bytes come after those of U+E000 to U+FFFF. */
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
