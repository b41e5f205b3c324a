/** The edges that a device's chart took last: folded from its rows, stretch by stretch backwards, each from a checkpoint. */
import type { DeviceEvent } from '../events/event.ts'
import { compareKeys, type EventKey, lowestKey, MAX_TIMESTAMP_MS } from '../events/key.ts'
import type { EventRow, ReadStore } from '../events/ports.ts'
import { nextTimer } from '../statecharts/advance.ts'
import { advanceDevice, advanceDeviceTime } from '../statecharts/advance-device.ts'
import { type ChartState, statePath } from '../statecharts/chart.ts'
import { type DeviceState, newDeviceState, nextDue, parseDeviceState } from '../statecharts/device-state.ts'
import { takenBetween } from '../statecharts/moves.ts'

export type PathStep = { at: number; edge: string; by: string; from: string; to: string }
export type DevicePath = { items: PathStep[]; more: boolean }

/** So much is read of a device that hardly ever moves, and no more. */
const MOST_ROWS = 4_000
const MOST_STRETCHES = 40
const PAGE = 1000

/** The newest `limit` steps of the instance, the newest last. Throws NewerState. */
export async function devicePath(
  store: ReadStore,
  device: DeviceState,
  instance: string,
  limit: number,
): Promise<DevicePath> {
  const { device_id, applied } = device
  const steps: PathStep[] = []
  let to = lowestKey(MAX_TIMESTAMP_MS)
  let rows_left = MOST_ROWS
  for (let stretch = 0; stretch < MOST_STRETCHES; stretch++) {
    const base = await store.checkpointBefore(device_id, to, applied)
    const from = base ? behind(base) : lowestKey(0)
    const rows = await rowsIn(store, device_id, from, stretch === 0 ? to : behind(to), rows_left)
    if (rows === null) return { items: steps.slice(-limit), more: true }
    rows_left -= rows.length
    const until = stretch === 0 ? device.until : endsWith(rows, to) ? null : to.ts
    steps.unshift(...foldPath(beginAt(device, base?.state ?? null), rows, instance, until))
    if (!base || steps.length > limit)
      return { items: steps.slice(-limit), more: steps.length > limit || base !== null }
    to = { ts: base.ts, ord: base.ord }
  }
  return { items: steps.slice(-limit), more: true }
}

/** A stretch ends with the event that its last checkpoint is at; else that is at a timer, which comes due first. */
function endsWith(rows: readonly EventRow[], key: EventKey): boolean {
  const last = rows.at(-1)
  return last !== undefined && compareKeys(last, key) === 0
}

/** Behind what was decided because of what has this key. */
function behind({ ts, ord }: EventKey): EventKey {
  return { ts, ord: `${ord.slice(0, -3)}999` }
}

/** What the device said in the range; null where that is more than may be read. */
async function rowsIn(
  store: ReadStore,
  device_id: string,
  from: EventKey,
  to: EventKey,
  most: number,
): Promise<EventRow[] | null> {
  const rows: EventRow[] = []
  let cursor: string | null = null
  do {
    const query = { from, to, origin: 'device', limit: PAGE, ...(cursor !== null && { cursor }) } as const
    const page: Awaited<ReturnType<ReadStore['eventsOfDevice']>> = await store.eventsOfDevice(
      device_id,
      query,
    )
    rows.push(...page.items)
    cursor = page.next_cursor
    if (rows.length > most) return null
  } while (cursor !== null)
  return rows
}

/** As the processor folds again: with every configuration and every version that is known now. */
function beginAt(
  { device_id, device_type, config, upgrades }: DeviceState,
  text: string | null,
): DeviceState {
  const from = text === null ? newDeviceState(device_id, device_type) : parseDeviceState(text)
  return { ...from, until: 0, config, ...(upgrades && { upgrades }) }
}

function foldPath(
  begun: DeviceState,
  rows: readonly EventRow[],
  instance: string,
  until: number | null,
): PathStep[] {
  const steps: PathStep[] = []
  let state = begun
  const goOn = (instances: DeviceState['instances'], at: number, by: string) => {
    const [before, after] = [state.instances[instance], instances[instance]]
    if (after) steps.push(...stepsBetween(before, after, at, by))
    state = { ...state, instances }
  }
  const passTo = (time: number) => {
    for (let due = nextDue(state); due !== null && due <= time; due = nextDue(state)) {
      const timers = state.instances[instance]?.timers ?? {}
      goOn(advanceDeviceTime(state, due).instances, due, nextTimer(timers)?.name ?? 'timer')
    }
  }
  for (const row of rows) {
    passTo(row.ts)
    goOn(advanceDevice(state, eventOf(row), { ts: row.ts, ord: row.ord }).instances, row.ts, row.event_type)
  }
  if (until !== null) passTo(until)
  return steps
}

function stepsBetween(before: ChartState | undefined, after: ChartState, at: number, by: string): PathStep[] {
  const from = before ? statePath(before.value) : ''
  const to = statePath(after.value)
  return takenBetween(before?.taken, after.taken).map((edge) => ({ at, edge, by, from, to }))
}

/** As the charts hear it: of a pin, what it meant when the row was last told. */
function eventOf(row: EventRow): DeviceEvent {
  const { ts, body, device_id, device_type, event_type, identity } = row
  const { reported_timestamp, received_at, time_quality } = row
  const told = { device_id, device_type, event_type, identity, reported_timestamp, received_at, time_quality }
  const { flags = [] } = body
  return {
    ...told,
    origin: 'device',
    event_time: ts,
    fields: body,
    extra: {},
    flags,
  } as unknown as DeviceEvent
}
