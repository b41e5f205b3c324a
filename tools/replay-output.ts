/** What `npm run replay` shows on a terminal while it works: a bar a thread or shard; nothing in a pipe. */
import { MultiBar, type SingleBar } from 'cli-progress'
import type { ShardProgress } from '../adapters/kinesis-replay.ts'

export type ReplayStreams = {
  out: { write(text: string): unknown }
  err: (text: string) => void
  /** The terminal that bars are drawn on, or null. */
  tty: NodeJS.WriteStream | null
  /** Asks a person, where there is one. */
  ask?: ((question: string) => Promise<boolean>) | null
  /** Ctrl-C. */
  stop?: AbortSignal
}

export type Bars = {
  /** How far the bar of this name has come, of `total`, with the events that it has seen. */
  set(name: string, read: number, total: number | null, events: number): void
  end(): void
}

const FORMAT = '  {name} {bar} {percentage}%  {rate} events/s  {left}'

/** `monotonic_ms` tells how fast it goes. */
export function createBars(tty: NodeJS.WriteStream | null, monotonic_ms: () => number): Bars {
  if (!tty) return { set: () => {}, end: () => {} }
  const all = new MultiBar({ stream: tty, format: FORMAT, hideCursor: true, barsize: 30, fps: 5 })
  const bars = new Map<string, { bar: SingleBar; since_ms: number }>()
  let ended = false
  return {
    set: (name, read, total, events) => {
      const most = total ?? Math.max(1, read)
      let one = bars.get(name)
      if (!one) {
        one = { bar: all.create(most, 0, { name, rate: '', left: '' }), since_ms: monotonic_ms() }
        bars.set(name, one)
      }
      const elapsed_s = (monotonic_ms() - one.since_ms) / 1_000
      // The first moments say nothing about the pace.
      const rate = elapsed_s > 0.5 ? Math.round(events / elapsed_s).toLocaleString('en-US') : '…'
      one.bar.setTotal(most)
      one.bar.update(Math.min(read, most), { name, rate, left: leftText(read, total, elapsed_s) })
    },
    end: () => {
      // A second stop would move the cursor over what has been said since.
      if (!ended) all.stop()
      ended = true
    },
  }
}

/** Time left at the pace so far. */
export function leftText(read: number, total: number | null, elapsed_s: number): string {
  if (total === null || read === 0 || elapsed_s <= 0.5) return ''
  const left_s = Math.max(0, Math.round(((total - read) / read) * elapsed_s))
  if (left_s >= 3_600) return `${Math.floor(left_s / 3_600)} h ${Math.floor((left_s % 3_600) / 60)} min left`
  return left_s >= 60 ? `${Math.floor(left_s / 60)} min ${left_s % 60} s left` : `${left_s} s left`
}

/** A bar a shard: of the time that lies on it, what has been read. */
export function shardBars(bars: Bars): (shard: ShardProgress) => void {
  return ({ shard_id, records, behind_ms, read_ms }) => {
    const total = Math.max(1, read_ms + behind_ms)
    bars.set(shard_id, behind_ms === 0 ? total : read_ms, total, records)
  }
}
