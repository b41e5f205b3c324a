/** The configurations of a file, put on their devices' streams like any other. */
import { canonicalMessage } from '../events/canonical.ts'
import { interlockFlaw, parseDeviceConfig } from '../events/device-config.ts'
import { deviceIdFlaw } from '../events/device-id.ts'
import type { DeviceConfig, DeviceType } from '../events/event.ts'
import { isRejected, type Rejected, reject } from '../events/rejection.ts'
import type { Fields } from './import-cells.ts'
import { CONFIG_FIELDS } from './import-fields.ts'
import type { Mapping } from './import-mapping.ts'
import { readImport } from './import-plan.ts'
import type { ImportPorts, StoredConfig } from './import-ports.ts'
import { type BadRow, type ImportReport, withBad } from './import-report.ts'
import type { Row } from './import-rows.ts'
import type { TimeRules } from './import-time.ts'
import { createWindow } from './import-window.ts'

/** What a row says of one device from one moment on; what it leaves empty stays as it is. */
export type ConfigRow = { line: number; device_id: string; effective_from: number; said: DeviceConfig }
export type ConfigPlan = { rows: ConfigRow[]; report: ImportReport }

/** Reads the whole file; nothing has entered yet. A row without `effective_from` is meant from `now` on. Throws BadImport. */
export async function planDeviceConfig(
  rows: AsyncIterable<Row>,
  mapping: Mapping,
  times: TimeRules,
  now: number,
  onRows?: (rows: number) => void,
): Promise<ConfigPlan> {
  const judge = (fields: RowFields) => judgeRow(fields, now)
  const { read, report } = await readImport(rows, { specs: CONFIG_FIELDS, mapping, times, judge, onRows })
  return sortConfigs(read, report)
}

type RowFields = Fields<typeof CONFIG_FIELDS> & { line: number }

function judgeRow(fields: RowFields, now: number): ConfigRow | Rejected {
  const { line, device_id, effective_from = now, ...said } = fields
  const outcome = deviceIdFlaw(device_id) ?? parseDeviceConfig(said)
  return isRejected(outcome) ? outcome : { line, device_id, effective_from, said: outcome.config }
}

/** In order of time; of two rows about one device from one moment on, the second is repeated or bad. */
function sortConfigs(planned: ConfigRow[], report: ImportReport): ConfigPlan {
  const first = new Map<string, ConfigRow>()
  const bad: BadRow[] = []
  let repeated = 0
  for (const row of planned) {
    const moment = `${row.effective_from} ${row.device_id}`
    const before = first.get(moment)
    if (!before) first.set(moment, row)
    else if (canonicalMessage(before.said) === canonicalMessage(row.said)) repeated++
    else {
      const from = new Date(row.effective_from).toISOString()
      const rule = `is also of line ${before.line}, which says something else of this device`
      bad.push({ line: row.line, ...reject('effective_from', from, rule).rejection })
    }
  }
  const rows = [...first.values()].sort((a, b) => a.effective_from - b.effective_from || a.line - b.line)
  return { rows, report: { ...withBad(report, bad), good: rows.length, repeated } }
}

/**
 * Puts what the planned rows change: a version is whole, so a row's fields are laid over the version in force at its time,
 * and one that changes nothing is left alone, as on a second import. Resolves when all of it is durable.
 */
export async function importDeviceConfig(
  { rows, report }: ConfigPlan,
  ports: Omit<ImportPorts, 'admit'>,
  now: number,
  onRows?: (rows: number) => void,
): Promise<ImportReport> {
  const window = createWindow()
  const known = new Map<string, KnownDevice>()
  const bad: BadRow[] = []
  let unchanged = 0
  for (const [index, row] of rows.entries()) {
    const { line, device_id, effective_from, said } = row
    const device: KnownDevice = known.get(device_id) ?? {
      device_type: await ports.deviceType(device_id),
      put: null,
    }
    known.set(device_id, device)
    const before = await configBefore(ports, row, device)
    const config: DeviceConfig = { ...before, ...said }
    const flaw = typeFlaw(device.device_type, config, device_id) ?? interlockFlaw(config)
    if (flaw) bad.push({ line, ...flaw.rejection })
    else if (canonicalMessage(before) === canonicalMessage(config)) unchanged++
    else {
      device.device_type ??= config.device_type ?? null
      device.put = { effective_from, config }
      await window.add(ports.putConfig({ device_id, effective_from, written_at: now, config }))
    }
    if (index % 500 === 499) onRows?.(index + 1)
  }
  await window.drain()
  onRows?.(rows.length)
  return { ...withBad({ ...report, good: report.good - unchanged }, bad), unchanged }
}

/** `put` is the newest version that this import has put; its rows come in order of time. */
type KnownDevice = {
  device_type: DeviceType | null
  put: Pick<StoredConfig, 'effective_from' | 'config'> | null
}

/** What is in force at the row's time before the row counts. */
async function configBefore(
  ports: Pick<ImportPorts, 'configHistory'>,
  row: ConfigRow,
  { put }: KnownDevice,
): Promise<DeviceConfig> {
  const stored = await storedAt(ports, row.device_id, row.effective_from)
  // Of the same moment, what was put now was written later.
  if (put && (!stored || put.effective_from >= stored.effective_from)) return put.config
  return stored?.config ?? {}
}

const VERSIONS_A_PAGE = 20

/** Versions come newest `effective_from` first, of two at once the one written later: the first that has begun is it. */
async function storedAt(
  ports: Pick<ImportPorts, 'configHistory'>,
  device_id: string,
  at: number,
): Promise<StoredConfig | null> {
  let cursor: string | undefined
  do {
    const page = await ports.configHistory(device_id, VERSIONS_A_PAGE, cursor)
    const begun = page.items.find(({ effective_from }) => effective_from <= at)
    if (begun) return begun
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return null
}

/** A device is of one type for good, and the first that is said of it must name it. */
function typeFlaw(known: DeviceType | null, config: DeviceConfig, device_id: string): Rejected | null {
  const { device_type } = config
  if (known === null && device_type === undefined)
    return reject('device_type', undefined, `but required: nothing is known of ${device_id} yet`)
  if (known === null || device_type === undefined || device_type === known) return null
  return reject('device_type', device_type, `differs from ${known}, which ${device_id} is`)
}
