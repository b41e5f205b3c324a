/** The archive against the log: every record of the log up to the end of the day is in the archive, or is a copy of one that is. */
import { DAY_MS, dayStart } from '../events/archive.ts'
import type { EventLog } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import type { NightInput } from './night-ports.ts'

/** Compares what it is shown of the log with the archive: first how much of each device, then, where that differs, which. */
export type AuditSession = {
  note(records: readonly LogRecord[]): void
  /** Whether every device's records are all there, by their number and the sum of their offsets. */
  agrees(): Promise<boolean>
  /** Of the records those that are neither in the archive nor copies of what is. */
  missing(records: readonly LogRecord[]): Promise<{ device_id: string | null }[]>
  close(): Promise<void>
}

export type AuditEngine = { begin(): Promise<AuditSession> }

export type Audit = {
  records: number
  missing: number
  /** Devices by how many of their records are missing, worst first. */
  devices: { device_id: string | null; missing: number }[]
  /** Everything of the log up to here was found; '' where nothing was there to compare. */
  confirmed: string
  /** There is more to compare than was read in one turn; another one goes on. */
  more: boolean
}

export type AuditPorts = {
  /** Null where the home keeps no log that could still be read. */
  log: Pick<EventLog, 'read'> | null
  /** Where the last audit ended. */
  from: string
  /** Everything up to here has been archived. */
  to: string
  engine: AuditEngine
}

const PAGE = 20_000
const MOST_NAMED = 100

/** Goes on from where the last one ended, so that each record is compared once, and ends with the first that came after the day. */
export async function auditNight({ day }: NightInput, ports: AuditPorts): Promise<Audit> {
  const end = (dayStart(day) as number) + DAY_MS
  const session = await ports.engine.begin()
  try {
    let records = 0
    let confirmed = ''
    for await (const page of pages(ports, end)) {
      session.note(page)
      records += page.length
      confirmed = page.at(-1)?.position ?? confirmed
    }
    if (await session.agrees()) return { records, missing: 0, devices: [], confirmed, more: false }
    const tally = createTally()
    for await (const page of pages(ports, end)) tally.add(await session.missing(page))
    const { missing, devices } = tally.result()
    return {
      records,
      missing,
      devices,
      confirmed: missing === 0 ? confirmed : '',
      more: false,
    }
  } finally {
    await session.close()
  }
}

/** How many records are missing of whom. */
export function createTally() {
  const byDevice = new Map<string | null, number>()
  return {
    add: (records: readonly { device_id: string | null }[]) => {
      for (const { device_id } of records) byDevice.set(device_id, (byDevice.get(device_id) ?? 0) + 1)
    },
    result: (): Pick<Audit, 'missing' | 'devices'> => {
      const devices = [...byDevice].map(([device_id, missing]) => ({ device_id, missing }))
      devices.sort((a, b) => b.missing - a.missing)
      const missing = devices.reduce((sum, one) => sum + one.missing, 0)
      return { missing, devices: devices.slice(0, MOST_NAMED) }
    },
  }
}

async function* pages({ log, from, to }: AuditPorts, end: number): AsyncIterable<LogRecord[]> {
  let after = from
  for (;;) {
    const page = (await log?.read(after, PAGE)) ?? []
    const ours = untilDayEnds(page, end).filter(({ position }) => position <= to)
    if (ours.length > 0) yield ours
    if (page.length === 0 || ours.length < page.length) return
    after = ours.at(-1)?.position ?? after
  }
}

/** Imported records carry a time of their own: only what came in after the day by the log's own order ends it. */
export function untilDayEnds(page: LogRecord[], end: number): LogRecord[] {
  const first = page.findIndex(({ received_at, source }) => source !== 'import' && received_at >= end)
  return first < 0 ? page : page.slice(0, first)
}
