/** What a batch puts of one device, each thing once: as it is at the end of the batch. */
import { compareKeys, type EventKey, keyText } from '../events/key.ts'
import type { EventRow, Put, Range } from '../events/ports.ts'

/** A put with what caused it: null for what came from outside, and no repair takes back. `before` is what it overwrote. */
export type CausedPut = { put: Put; cause: EventKey | null; before: CausedPut | null }

/**
 * Puts by what they overwrite. Nearly all are rows of events that were not known, which overwrite nothing: they get their
 * names when somebody asks for one by its name, and in most batches nobody does.
 */
export class Puts {
  #named = new Map<string, CausedPut>()
  #fresh: CausedPut[] = []

  /** A row that came in, at a key where nothing stands. */
  add(item: EventRow): void {
    this.#fresh.push({ put: { table: 'events', item }, cause: null, before: null })
  }

  put(put: Put, cause: EventKey | null): void {
    const name = overwrites(put)
    // What has a cause is decided, and lies under a key of its own: it is never one of those that came in.
    const named = cause === null ? this.#all() : this.#named
    named.set(name, { put, cause, before: named.get(name) ?? null })
  }

  /** Takes back what was put because of something in the range, and leaves what that had overwritten. */
  takeBack({ from, to }: Range): void {
    const isWithin = (key: EventKey) => compareKeys(key, from) >= 0 && compareKeys(key, to) < 0
    for (const [name, put] of this.#named) {
      let kept: CausedPut | null = put
      while (kept?.cause && isWithin(kept.cause)) kept = kept.before
      if (kept === put) continue
      if (kept) this.#named.set(name, kept)
      else this.#named.delete(name)
    }
  }

  get(name: string): CausedPut | undefined {
    return this.#all().get(name)
  }

  has(name: string): boolean {
    return this.#all().has(name)
  }

  delete(name: string): void {
    this.#all().delete(name)
  }

  /** All of them as they now stand. */
  toArray(): Put[] {
    const puts: Put[] = []
    for (const { put } of this.#fresh) puts.push(put)
    for (const { put } of this.#named.values()) puts.push(put)
    return puts
  }

  #all(): Map<string, CausedPut> {
    if (this.#fresh.length > 0) {
      for (const one of this.#fresh) this.#named.set(overwrites(one.put), one)
      this.#fresh = []
    }
    return this.#named
  }
}

/** Two puts of one device with the same answer are the same item. */
export function overwrites({ table, item }: Put): string {
  switch (table) {
    case 'events':
    case 'checkpoints':
      return `${table} ${keyText(item)}`
    case 'summaries':
      return `${table} ${item.id}`
    case 'aliases':
      return `${table} ${item.kind} ${item.target} ${item.alias}`
    case 'identities':
      return `${table} ${item.identity}`
    case 'config':
      return `${table} ${item.effective_from} ${item.written_at} ${item.identity}`
  }
}
