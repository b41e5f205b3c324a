/** Readings of a file, a row each, through the front door: as the messages that the device would have sent. */
import { parseReport } from '../events/parse.ts'
import type { Arriving } from '../events/ports.ts'
import { isRejected, type Rejected, reject } from '../events/rejection.ts'
import { telemetryTopic } from '../events/topics.ts'
import type { Fields } from './import-cells.ts'
import { EVSE_FIELDS, THERMOSTAT_FIELDS } from './import-fields.ts'
import type { Mapping } from './import-mapping.ts'
import { readImport } from './import-plan.ts'
import type { ImportPorts } from './import-ports.ts'
import { type BadRow, type ImportReport, withBad } from './import-report.ts'
import type { Row } from './import-rows.ts'
import type { TimeRules } from './import-time.ts'
import { createWindow } from './import-window.ts'

export type TelemetryType = 'evse' | 'thermostat'

type TelemetryRow = { line: number; device_id: string; timestamp: number; message: Arriving }
export type TelemetryPlan = { device_type: TelemetryType; rows: TelemetryRow[]; report: ImportReport }

const SPECS = { evse: EVSE_FIELDS, thermostat: THERMOSTAT_FIELDS } as const
const utf8 = new TextEncoder()

/** Reads the whole file; nothing has entered yet. Throws BadImport for a file or a mapping that cannot be read. */
export async function planTelemetry(
  device_type: TelemetryType,
  rows: AsyncIterable<Row>,
  mapping: Mapping,
  times: TimeRules,
  onRows?: (rows: number) => void,
): Promise<TelemetryPlan> {
  const judge = (fields: Fields<(typeof SPECS)[TelemetryType]> & { line: number }) =>
    judgeRow(device_type, fields)
  const { read, report } = await readImport(rows, {
    specs: SPECS[device_type],
    mapping,
    times,
    judge,
    onRows,
  })
  return { device_type, ...inOrder(read, report) }
}

/** The message passes the parser that devices' own pass. */
function judgeRow(
  device_type: TelemetryType,
  { line, ...said }: Fields<(typeof SPECS)[TelemetryType]> & { line: number },
): TelemetryRow | Rejected {
  const { device_id, timestamp } = said
  const message = {
    source: 'import' as const,
    topic: telemetryTopic(device_type, device_id),
    payload: utf8.encode(JSON.stringify({ device_type, event_type: 'telemetry', ...said })),
  }
  const outcome = parseReport(message)
  return isRejected(outcome) ? { rejection: outcome.rejection } : { line, device_id, timestamp, message }
}

/** By time, so that none comes behind a later one of its device; a row that says what another said is left out. */
function inOrder(read: TelemetryRow[], report: ImportReport): Pick<TelemetryPlan, 'rows' | 'report'> {
  const seen = new Set<string>()
  const rows = read.filter(({ message: { payload } }) => {
    const text = new TextDecoder().decode(payload)
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
  rows.sort((a, b) => a.timestamp - b.timestamp || a.line - b.line)
  return { rows, report: { ...report, good: rows.length, repeated: read.length - rows.length } }
}

/** Lets the rows in, all but those of devices of another type. Resolves when all of them are durable. */
export async function importTelemetry(
  { device_type, rows, report }: TelemetryPlan,
  ports: Pick<ImportPorts, 'admit' | 'deviceType'>,
  onRows?: (rows: number) => void,
): Promise<ImportReport> {
  const window = createWindow()
  const types = new Map<string, string>()
  const bad: BadRow[] = []
  let entered = 0
  for (const { line, device_id, message } of rows) {
    const type = types.get(device_id) ?? (await ports.deviceType(device_id)) ?? device_type
    types.set(device_id, type)
    if (type !== device_type) {
      bad.push({ line, ...reject('device_id', device_id, `is a ${type}`).rejection })
      continue
    }
    await window.add(ports.admit(message))
    entered++
    if (entered % 1_000 === 0) onRows?.(entered)
  }
  await window.drain()
  onRows?.(entered)
  return withBad(report, bad)
}
