/** Tables in memory: items by key, copied on the way in and out, so that nobody shares what is stored. */
import {
  compareBy,
  KEY_COLUMNS,
  type StoreDump,
  TABLE_NAMES,
  type TableName,
  type Tables,
} from './store-tables.ts'

export type MemoryTables = { [T in TableName]: Map<string, Tables[T]> }

export function emptyTables(): MemoryTables {
  return Object.fromEntries(TABLE_NAMES.map((table) => [table, new Map()])) as MemoryTables
}

/** The key of an item as one text, which nothing in a part of it can make the text of another key. */
export function keyOf<T extends TableName>(table: T, item: Tables[T]): string {
  return JSON.stringify(KEY_COLUMNS[table].map((column) => item[column]))
}

export function put<T extends TableName>(tables: MemoryTables, table: T, item: Tables[T]): void {
  tables[table].set(keyOf(table, item), item)
}

/** A copy of the item whose key has these parts. */
export function lookUp<T extends TableName>(
  tables: MemoryTables,
  table: T,
  key: (string | number)[],
): Tables[T] | null {
  const item = tables[table].get(JSON.stringify(key))
  return item === undefined ? null : copyOf(item)
}

/** The stored items that `wanted` keeps, in key order: to be copied before they leave. */
export function select<T extends TableName>(
  tables: MemoryTables,
  table: T,
  wanted: (item: Tables[T]) => boolean = () => true,
): Tables[T][] {
  const order = compareBy<Tables[T]>(KEY_COLUMNS[table])
  return [...tables[table].values()].filter(wanted).sort(order)
}

export function dumpTables(tables: MemoryTables): StoreDump {
  return copyOf(Object.fromEntries(TABLE_NAMES.map((table) => [table, select(tables, table)]))) as StoreDump
}

/** A deep copy that keeps what a store keeps: plain data, without what is undefined. */
export function copyOf<T>(item: T): T {
  return JSON.parse(JSON.stringify(item)) as T
}
