/** `npm run import`, from its flags to its exit code. */
import { isOwnBug } from '../embedded/own-bug.ts'
import { clockOffset, seriesOf } from '../processors/import-clock.ts'
import { importDeviceConfig, planDeviceConfig } from '../processors/import-device-config.ts'
import { readJsonRows } from '../processors/import-json-rows.ts'
import type { ImportPorts } from '../processors/import-ports.ts'
import { BadImport, type ImportReport } from '../processors/import-report.ts'
import { type Row, readRows } from '../processors/import-rows.ts'
import { importSessions, planSessions } from '../processors/import-sessions.ts'
import { importTelemetry, planTelemetry } from '../processors/import-telemetry.ts'
import { readBytes } from './import-file.ts'
import { openDataFolder } from './import-folder.ts'
import { BadFlags, formatOf, HelpAsked, type ImportOptions, parseImportOptions } from './import-options.ts'
import {
  createProgress,
  formatBadRow,
  formatClock,
  formatSummary,
  type ImportStreams,
  type Progress,
} from './import-output.ts'
import { ImportBroken, type ImportTarget, type Processed, TargetRefused } from './import-target.ts'
import { openServer } from './import-url.ts'

export type ExitCode = 0 | 1 | 2

/** A file that has been read: what it came to, and how its rows enter. */
type Planned = {
  noun: string
  report: ImportReport
  enter(ports: ImportPorts, onRows: (rows: number) => void): Promise<ImportReport>
}

/** Runs one import and says how it went. Rejects for a bug only. */
export async function runImport(argv: string[], streams: ImportStreams): Promise<ExitCode> {
  const refuse = (reason: string): 2 => {
    streams.err(`import: ${reason}\n`)
    return 2
  }
  let options: ImportOptions
  try {
    options = parseImportOptions(argv, streams.out)
  } catch (error) {
    if (error instanceof HelpAsked) return 0
    if (error instanceof BadFlags) return refuse(`${error.message} (--help says which flags there are)`)
    throw error
  }
  const progress = createProgress(streams.tty, () => performance.now())
  try {
    return await importFile(options, streams, progress)
  } catch (error) {
    progress.end()
    if (error instanceof BadImport || error instanceof TargetRefused) return refuse(error.message)
    if (!(error instanceof ImportBroken)) throw error
    streams.err(`import: ${error.message}\n`)
    return 1
  }
}

async function importFile(
  options: ImportOptions,
  streams: ImportStreams,
  progress: Progress,
): Promise<ExitCode> {
  const { dry_run } = options
  const { noun, report: read, enter } = await readFile(options, Date.now(), progress)
  let report = read
  let processed: Processed | null = null
  if (!dry_run) {
    const target = await openTarget(options, (line) => streams.err(`import: ${line}\n`))
    try {
      report = await entering(() => enter(target, (rows) => progress.tell(`${noun}s entered:`, rows)))
      processed = await target.finish((records) => progress.tell('records processed:', records))
    } finally {
      await target.close()
    }
  }
  progress.end()
  for (const row of report.bad) streams.err(`${formatBadRow(row)}\n`)
  for (const line of formatSummary(report, { noun, dry_run, processed })) streams.out(`${line}\n`)
  if (options.beside !== null) streams.out(`${await compareClocks(options, options.beside)}\n`)
  return report.bad.length > 0 || (processed?.quarantined ?? 0) > 0 ? 1 : 0
}

async function readFile(options: ImportOptions, now: number, progress: Progress): Promise<Planned> {
  const { kind, mapping, zone } = options
  const rows = rowsOf(options)
  const onRows = (read: number) => progress.tell('rows read:', read)
  if (kind === 'sessions') {
    const plan = await planSessions(rows, mapping, { zone, latest: now }, onRows)
    return { noun: 'session', report: plan.report, enter: (ports, on) => importSessions(plan, ports, on) }
  }
  if (kind === 'evse' || kind === 'thermostat') {
    const plan = await planTelemetry(kind, rows, mapping, { zone, latest: now }, onRows)
    return { noun: 'reading', report: plan.report, enter: (ports, on) => importTelemetry(plan, ports, on) }
  }
  // A configuration may be for a time to come.
  const times = { zone, latest: Number.POSITIVE_INFINITY }
  const plan = await planDeviceConfig(rows, mapping, times, now, onRows)
  const enter: Planned['enter'] = (ports, on) => importDeviceConfig(plan, ports, now, on)
  return { noun: 'configuration', report: plan.report, enter }
}

function rowsOf({ file, format, delimiter, header_line }: ImportOptions): AsyncIterable<Row> {
  const bytes = readBytes(file)
  return format === 'csv' ? behind(readRows(bytes, delimiter), header_line) : readJsonRows(bytes, format)
}

async function* behind(rows: AsyncIterable<Row>, header_line: number): AsyncGenerator<Row> {
  for await (const row of rows) if (row.line >= header_line) yield row
}

/** Both files by the same columns. The clock of neither is said to be right. */
async function compareClocks(options: ImportOptions, beside: string): Promise<string> {
  const seriesIn = async (file: string) => {
    const rows = rowsOf({ ...options, file, format: formatOf(file) })
    return seriesOf(
      await planTelemetry('evse', rows, options.mapping, { zone: options.zone, latest: Date.now() }),
    )
  }
  return formatClock(clockOffset(await seriesIn(options.file), await seriesIn(beside)), beside)
}

function openTarget({ target }: ImportOptions, complain: (line: string) => void): Promise<ImportTarget> {
  return 'url' in target ? openServer(target.url) : openDataFolder(target.folder, Date.now, complain)
}

/** What the front door refuses for (a full disk, say) ends an import that another one can go on with. */
async function entering(enter: () => Promise<ImportReport>): Promise<ImportReport> {
  try {
    return await enter()
  } catch (error) {
    if (isOwnBug(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new ImportBroken(`broken off: ${reason}; import again, nothing enters twice`, { cause: error })
  }
}
