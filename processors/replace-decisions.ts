/** The difference that a repair makes, against the rows that are stored (DESIGN §5.6). */
import { isDeepStrictEqual } from 'node:util'
import { keyText } from '../events/key.ts'
import type { Checkpoint, EventRow, Put } from '../events/ports.ts'
import { type DeviceWork, put } from './device-work.ts'

export type StoredStretch = {
  stored: readonly EventRow[]
  checkpoints: readonly Checkpoint[]
  /** Things told of further on, where the fold has come to what is stored; null where it went on to the end. */
  goesOn: Set<unknown> | null
}

/** Takes over what the fold has put, and withdraws what it has not come to again. */
export function replaceDecisions(work: DeviceWork, again: DeviceWork, was: StoredStretch): void {
  const { applied } = work.state
  const old = new Map(was.stored.map((row) => [keyText(row), row]))
  const decided = new Map<string, EventRow>()
  for (const one of again.puts.toArray()) {
    if (one.table === 'events') takeRow(work, one.item, old.get(keyText(one.item)), decided)
    else if (one.table !== 'identities' && !(was.goesOn && lastsLonger(one, was.goesOn))) put(work, null, one)
  }
  const retracted = was.stored.filter(
    (row) => row.origin === 'chart' && !row.retracted && !decided.has(keyText(row)),
  )
  for (const row of retracted) {
    const item = { ...row, retracted: true, revision: row.revision + 1, applied, ...becauseOf(work) }
    put(work, null, { table: 'events', item })
  }
  supersede(work, retracted, [...decided.values()])
  for (const checkpoint of was.checkpoints) {
    if (again.puts.has(`checkpoints ${keyText(checkpoint)}`)) continue
    put(work, null, { table: 'checkpoints', item: { ...checkpoint, retracted: true, applied } })
  }
}

/** A thing of which more is told beyond the stretch is as its row says, and not as it was at the stretch's end. */
export function lastsLonger({ table, item }: Put, goesOn: Set<unknown>): boolean {
  return table === 'summaries' && goesOn.has(item.id)
}

function takeRow(
  work: DeviceWork,
  row: EventRow,
  old: EventRow | undefined,
  decided: Map<string, EventRow>,
): void {
  if (row.origin === 'chart' && !row.retracted) decided.set(keyText(row), row)
  const pending = work.puts.has(`events ${keyText(row)}`)
  if (old && !pending && saysTheSame(old, row)) return
  const { entered: brought = old?.entered, supersedes } = broughtBy(work, row)
  const entered = brought === undefined ? {} : { entered: brought }
  const moved = supersedes === undefined || row.origin === 'chart' ? {} : { supersedes }
  const revision = row.origin === 'chart' && old ? Math.max(old.revision + 1, row.revision) : row.revision
  const because = row.origin === 'chart' && old ? becauseOf(work) : {}
  put(work, null, { table: 'events', item: { ...row, ...entered, ...moved, revision, ...because } })
}

/** Why a repair changes what was told. */
export function becauseOf({ late }: DeviceWork): { because?: string } {
  return late?.because ? { because: late.because } : {}
}

/** The record of this batch that brought the row; telling it anew does not bring it again. */
function broughtBy(work: DeviceWork, row: EventRow): Pick<EventRow, 'entered' | 'supersedes'> {
  const pending = work.puts.get(`events ${keyText(row)}`)?.put
  return pending?.table === 'events' ? pending.item : {}
}

function saysTheSame(a: EventRow, b: EventRow): boolean {
  const said = ({
    applied: _a,
    entered: _e,
    revision: _r,
    ttl: _t,
    supersedes: _s,
    because: _b,
    ...rest
  }: EventRow) => rest
  return isDeepStrictEqual(JSON.parse(JSON.stringify(said(a))), JSON.parse(JSON.stringify(said(b))))
}

/** A new decision of the same kind about the same stretch names the one whose place it takes. */
function supersede(work: DeviceWork, retracted: readonly EventRow[], decided: readonly EventRow[]): void {
  for (const old of retracted) {
    const heir = decided.find((row) => row.event_type === old.event_type && isHeir(row, old))
    const name = heir && `events ${keyText(heir)}`
    const putRow = name ? work.puts.get(name)?.put : undefined
    if (putRow?.table === 'events')
      put(work, null, {
        table: 'events',
        item: { ...putRow.item, supersedes: keyText(old), ...becauseOf(work) },
      })
  }
}

function isHeir(row: EventRow, old: EventRow): boolean {
  const end = (of: EventRow) => (of.body.ended_at as number | null) ?? Number.POSITIVE_INFINITY
  const start = (of: EventRow) => of.body.started_at as number
  return row.body.chart === old.body.chart && start(row) <= end(old) && start(old) <= end(row)
}
