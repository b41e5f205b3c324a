/** The sessions of a file, through the front door: as the events that the charger would have sent. */
import { reject } from '../events/rejection.ts'
import { SESSION_FIELDS } from './import-fields.ts'
import type { Mapping } from './import-mapping.ts'
import { readImport } from './import-plan.ts'
import type { ImportPorts } from './import-ports.ts'
import { type BadRow, type ImportReport, withBad } from './import-report.ts'
import type { Row } from './import-rows.ts'
import { sessionMessages } from './import-session-events.ts'
import { type SessionRow, sessionFlaw, sortSessions } from './import-session-rows.ts'
import type { TimeRules } from './import-time.ts'
import { createWindow } from './import-window.ts'

export type SessionPlan = { sessions: SessionRow[]; report: ImportReport }

/** Reads the whole file; nothing has entered yet. Throws BadImport for a file or a mapping that cannot be read. */
export async function planSessions(
  rows: AsyncIterable<Row>,
  mapping: Mapping,
  times: TimeRules,
  onRows?: (rows: number) => void,
): Promise<SessionPlan> {
  const { read, report } = await readImport(rows, {
    specs: SESSION_FIELDS,
    mapping,
    times,
    judge: (row) => sessionFlaw(row) ?? row,
    onRows,
  })
  const { sessions, repeated, bad } = sortSessions(read)
  return { sessions, report: { ...withBad(report, bad), good: sessions.length, repeated } }
}

/**
 * Lets the planned sessions in, all but those of devices that are no chargers. Resolves when all of them are durable;
 * rejects with what the front door said, when a second import adds what is missing and nothing twice.
 */
export async function importSessions(
  { sessions, report }: SessionPlan,
  ports: Pick<ImportPorts, 'admit' | 'deviceType'>,
  onRows?: (rows: number) => void,
): Promise<ImportReport> {
  const flaws = await typeFlaws(sessions, ports)
  const window = createWindow()
  const bad: BadRow[] = []
  let entered = 0
  for (const session of sessions) {
    const flaw = flaws.get(session.device_id)
    if (flaw) {
      bad.push({ line: session.line, ...flaw })
      continue
    }
    for (const message of sessionMessages(session)) await window.add(ports.admit(message))
    entered++
    if (entered % 500 === 0) onRows?.(entered)
  }
  await window.drain()
  onRows?.(entered)
  return withBad(report, bad)
}

async function typeFlaws(
  sessions: readonly SessionRow[],
  ports: Pick<ImportPorts, 'deviceType'>,
): Promise<Map<string, Omit<BadRow, 'line'>>> {
  const flaws = new Map<string, Omit<BadRow, 'line'>>()
  for (const device_id of new Set(sessions.map((session) => session.device_id))) {
    const type = (await ports.deviceType(device_id)) ?? 'evse'
    if (type !== 'evse') flaws.set(device_id, reject('device_id', device_id, `is a ${type}`).rejection)
  }
  return flaws
}
