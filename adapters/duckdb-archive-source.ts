/**
 * The archive as an ordered source of records: what a replay reads. It is read stretch by stretch of the log, each some
 * days long: DuckDB sorts the rows of one, in the memory it is given and behind that on disk, and here no more is held
 * than the few thousand that are being handed on.
 */
import type {
  ArchiveFiles,
  ArchiveProgress,
  ArchiveRange,
  ArchiveReading,
  ArchiveSource,
} from '../events/archive.ts'
import { PAYLOAD_NUMBERS } from '../events/archive-bytes.ts'
import type { LogRecord } from '../events/record.ts'
import { RECORD_TEXTS, type RecordText, recordColumns, recordReader } from './archive-records.ts'
import { rowReader } from './archive-rows.ts'
import { partsAt, type RowPlace, type Stretch, type SurveyedFile, stretchesOf } from './archive-stretches.ts'
import {
  CONFIGS,
  ELSEWHERE,
  isNarrowReplay,
  type WantedFiles,
  WIRELESS,
  wantedFiles,
  wantedRows,
} from './archive-wanted.ts'
import { type Brought, findPlaces, type Part, pathsOf, rowsOf } from './duckdb-brought.ts'
import { type Duck, type DuckOptions, openDuck, parquetFiles, sqlText } from './duckdb-open.ts'
import { PLACE } from './duckdb-places.ts'
import { layoutOf } from './duckdb-record-layout.ts'
import { InfrastructureError } from './infrastructure-error.ts'

export type ArchiveSourceOptions = DuckOptions & {
  /** Bytes of files that are asked for at once, where they have to be brought from elsewhere. */
  most_bytes?: number
  /** Rows of a stretch of the log that is read at once, at least. */
  stretch_rows?: number
}

export function duckdbArchiveSource(
  files: ArchiveFiles,
  { most_bytes = Number.POSITIVE_INFINITY, stretch_rows, ...options }: ArchiveSourceOptions = {},
): ArchiveSource {
  let readings = 0
  const batches: ArchiveSource['batches'] = async function* (range, how = {}) {
    // Whoever reads again does so for the sake of some devices, and holds what they said.
    const kept = readings++ > 0
    const wanted = await wantedFiles(files, range)
    if (wanted.inside.length === 0) return
    const duck = await openDuck(options)
    try {
      await duck.run('SET preserve_insertion_order = false')
      const reading = createReading({ duck, files, range, most_bytes, stretch_rows, how })
      yield* readWanted(reading, wanted, kept)
    } finally {
      await duck.close()
    }
  }
  return {
    batches,
    records: async function* (range) {
      for await (const batch of batches(range)) yield* batch
    },
  }
}

type ReadingOptions = {
  duck: Duck
  files: ArchiveFiles
  range: ArchiveRange
  most_bytes: number
  stretch_rows: number | undefined
  how: ArchiveReading
}
type Reading = ReturnType<typeof createReading>

function createReading({ duck, files, range, most_bytes, stretch_rows, how }: ReadingOptions) {
  const progress: ArchiveProgress = { surveyed: 0, to_survey: 0, read: 0, to_read: 0 }
  const older = new Set<string>()

  async function bring(parts: readonly Part[]): Promise<Brought[]> {
    const paths = await files.bring(
      parts.map(({ file }) => file.name),
      duck.scratch,
    )
    return parts.map((part, n) => ({ ...part, path: paths[n] as string, older: older.has(part.file.name) }))
  }

  return {
    duck,
    range,
    stretch_rows,
    /** Names of files that are of before now. */
    older,
    how,
    bring,
    /** As many at once as may be brought. */
    each: async (parts: readonly Part[], look: (brought: Brought[]) => Promise<void>): Promise<void> => {
      let some: Part[] = []
      let bytes = 0
      for (const part of parts) {
        if (some.length > 0 && bytes + part.file.bytes > most_bytes) {
          await look(await bring(some))
          some = []
          bytes = 0
        }
        some.push(part)
        bytes += part.file.bytes
      }
      if (some.length > 0) await look(await bring(some))
    },
    tell: (more: Partial<ArchiveProgress>) => {
      Object.assign(progress, more)
      how.onProgress?.(progress)
    },
    progress,
  }
}

async function* readWanted(
  reading: Reading,
  { inside, outside }: WantedFiles,
  kept: boolean,
): AsyncIterable<LogRecord[]> {
  const { range, progress } = reading
  const rows = wantedRows(range)
  const parts: Part[] = inside.map((file) => ({ file, rows }))
  if (await needsConfigs(reading, parts))
    parts.push(...(await outside()).map((file) => ({ file, rows: ELSEWHERE })))
  const byName = new Map(parts.map((part) => [part.file.name, part]))
  const surveyed = await survey(reading, parts)
  reading.tell({ to_read: surveyed.reduce((sum, one) => sum + one.rows, 0) })
  for (const stretch of stretchesOf(surveyed, reading.stretch_rows)) {
    const brought = await reading.bring(stretch.names.map((name) => byName.get(name) as Part))
    for await (const { records, rows: read } of readStretch(reading, brought, stretch, kept)) {
      reading.tell({ read: progress.read + read })
      if (records.length > 0) yield records
    }
  }
  if (progress.read !== progress.to_read)
    throw new InfrastructureError(
      `it had ${progress.to_read} rows, of which ${progress.read} came: a night is at work on it, so try again`,
    )
}

/** Whether what lies outside of the range decides whose its records are, or where. */
async function needsConfigs({ duck, range, each }: Reading, parts: readonly Part[]): Promise<boolean> {
  if (!isNarrowReplay(range)) return false
  // Of several readers one has an uplink that another's configuration makes its own.
  if (range.location !== undefined || range.isMine) return true
  // Of one device only what was taken for its own: else every question of a fleet with such devices would open all files.
  const own = range.device_id === undefined ? 'true' : `device_id = ${sqlText(range.device_id)}`
  let found = false
  await each(parts, async (brought) => {
    if (found) return
    const paths = brought.map(({ path }) => path)
    found =
      (await duck.rows(`SELECT 1 FROM ${parquetFiles(paths)} WHERE ${own} AND (${WIRELESS}) LIMIT 1`))
        .length > 0
  })
  return found
}

/** How many of the wanted rows each file has, and where in the log: files without any are not looked at again. */
async function survey(reading: Reading, parts: readonly Part[]): Promise<SurveyedFile[]> {
  const { duck, range, each, tell, progress, older } = reading
  tell({ to_survey: parts.reduce((sum, { file }) => sum + file.bytes, 0) })
  await duck.run('CREATE TABLE mine (device_id VARCHAR)')
  await duck.run('CREATE TABLE located (device_id VARCHAR)')
  const { location, isMine } = range
  if (location !== undefined)
    await each(parts, (brought) =>
      duck.run(`INSERT INTO located SELECT DISTINCT device_id FROM ${parquetFiles(pathsOf(brought))}
        WHERE ${CONFIGS} AND location = ${sqlText(location)}`),
    )
  const surveyed: SurveyedFile[] = []
  await each(parts, async (brought) => {
    if (isMine) await findMine(duck, brought, isMine)
    const found = await findPlaces(duck, brought)
    surveyed.push(...found.surveyed)
    for (const name of found.older) older.add(name)
    tell({ surveyed: progress.surveyed + brought.reduce((sum, { file }) => sum + file.bytes, 0) })
  })
  return surveyed
}

async function findMine(
  duck: Duck,
  brought: readonly Brought[],
  isMine: (device_id: string) => boolean,
): Promise<void> {
  const devices = await duck.rows<{ device_id: string }>(
    `SELECT DISTINCT device_id FROM ${parquetFiles(pathsOf(brought))} WHERE device_id IS NOT NULL`,
  )
  const mine = devices.flatMap(({ device_id }) => (isMine(device_id) ? [`(${sqlText(device_id)})`] : []))
  for (let from = 0; from < mine.length; from += 5_000)
    await duck.run(`INSERT INTO mine VALUES ${mine.slice(from, from + 5_000).join(', ')}`)
}

const COLUMNS = [
  ...RECORD_TEXTS,
  ...PAYLOAD_NUMBERS,
  'log_offset',
  'log_tick',
  'received_at',
  'payload',
  'payload_base64',
]

async function* readStretch(
  { duck, how }: Reading,
  brought: readonly Brought[],
  { within }: Stretch,
  kept: boolean,
): AsyncIterable<{ records: LogRecord[]; rows: number }> {
  const { bytes, ...layout } = await layoutOf(duck, rowsOf(brought, COLUMNS, within))
  const asFew = (name: string) =>
    layout.few.has(name as RecordText) ? `${name}::few_${name} AS ${name}` : name
  // What no place has is not sorted by, either.
  const columns = COLUMNS.filter((name) => layout.ticks || name !== 'log_tick').map(asFew)
  const sorted = (part: string) => `SELECT ${recordColumns(layout).join(', ')} FROM (
    SELECT * FROM ${rowsOf(brought, columns, part)} ORDER BY ${layout.ticks ? PLACE : 'log_segment, log_offset'})`
  const reader = how.fleeting && layout.few.has('template') ? rowReader(layout) : recordReader(layout, kept)
  for (const part of partsAt(within, await cutsOf(duck, rowsOf(brought, PLACED, within), bytes)))
    for await (const chunk of duck.chunks(sorted(part)))
      yield { records: reader.read(chunk, how.skip), rows: chunk.rowCount }
  for (const name of layout.few.keys()) await duck.run(`DROP TYPE few_${name}`)
}

const PLACED = ['log_segment', 'log_offset']
/** Of the memory: what a sort carries of long texts is put aside on disk only in part. */
const SORTED_SHARE = 1 / 5

/** Where rows with `bytes` of text are cut, so that each part can be sorted: most often nowhere. */
async function cutsOf(duck: Duck, rows: string, bytes: number): Promise<RowPlace[]> {
  const parts = Math.ceil(bytes / (duck.memory_mb * 1_000_000 * SORTED_SHARE))
  if (parts <= 1) return []
  return duck.rows<RowPlace>(`
    SELECT log_segment, log_offset FROM (
      SELECT log_segment, log_offset, row_number() OVER (ORDER BY log_segment, log_offset) AS nth,
        ceil(count(*) OVER () / ${parts})::BIGINT AS each FROM ${rows})
    WHERE nth > 1 AND (nth - 1) % each = 0 ORDER BY nth`)
}
