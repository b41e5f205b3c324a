/** The archive as the source of a replay: in a folder, or in a bucket, from which its files are brought here. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArchiveClient } from '../adapters/aws-clients.ts'
import { duckdbArchiveSource } from '../adapters/duckdb-archive-source.ts'
import { folderArchive } from '../adapters/folder-archive.ts'
import { heldFiles, ScratchTooSmall } from '../adapters/held-files.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import { s3Archive } from '../adapters/s3-archive.ts'
import { filesOf } from '../embedded/folder.ts'
import type { ArchiveFiles, ArchiveProgress, ArchiveRange } from '../events/archive.ts'
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { MAX_TIMESTAMP_MS } from '../events/key.ts'
import { shareOf } from '../processors/replay-owner.ts'
import { type ReplayBatch, type ReplayRange, SourceRefused } from '../processors/replay-source.ts'
import type { OpenedSource, OpenOptions } from './replay-open.ts'
import { type ArchivePlace, placeText, type SourceOptions } from './replay-places.ts'

/** Memory of DuckDB over all threads; what does not fit goes to disk. */
const MEMORY_MB = 512
/** How much of a reading its first look takes: that of a bucket brings the files. */
const LOOK_SHARE = { folder: 0.05, bucket: 0.5 }
/** What `total` of a reading is, whatever is read. */
const PARTS = 1_000_000

/** Rows in the order of the log; of one device or some days only their files are opened. It begins anew each time. */
export function openArchive(where: ArchivePlace, options: OpenOptions): OpenedSource {
  const { scratch, clean } = newScratch(options.scratch)
  const shares = options.share?.shares ?? 1
  const { files, close } = filesIn(where, scratch, shares)
  const source = duckdbArchiveSource(files, {
    scratch_in: scratch,
    memory_mb: Math.ceil(MEMORY_MB / shares),
    // Of several threads each has a core already.
    threads: shares > 1 ? 1 : 2,
    ...('bucket' in where && { most_bytes: where.scratch_bytes / shares }),
  })
  const onProgress = (progress: ArchiveProgress) =>
    options.onRead(partsOf(progress, 'bucket' in where ? LOOK_SHARE.bucket : LOOK_SHARE.folder))
  return {
    source: {
      batches: (skip, fleeting = false) =>
        told(where, files, source.batches(rangeOf(options), { skip, fleeting, onProgress })),
    },
    total: PARTS,
    close: () => {
      close()
      clean()
    },
  }
}

/** Runs threads with a folder for their files, which is removed however they end: a thread that is ended removes nothing. */
export async function inScratch<T>(
  { kind }: SourceOptions,
  work: (scratch: string | undefined) => Promise<T>,
): Promise<T> {
  if (kind !== 'archive') return work(undefined)
  const { scratch, clean } = newScratch()
  try {
    return await work(scratch)
  } finally {
    clean()
  }
}

function newScratch(inside = tmpdir()) {
  const scratch = mkdtempSync(join(inside, 'pilotline-archive-'))
  const remove = () => rmSync(scratch, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    scratch,
    clean: () => {
      process.off('exit', remove)
      remove()
    },
  }
}

/** What a fold of a range takes: all that came in until the range was over, wherever it happened. */
export function pastOf(range: ReplayRange): ReplayRange {
  return { ...range, from: 0, to: range.to + range.margin_ms + FUTURE_LIMIT_MS, location: null, type: null }
}

function filesIn(
  where: ArchivePlace,
  scratch: string,
  shares: number,
): { files: ArchiveFiles; close: () => void } {
  if ('bucket' in where) {
    const { bucket, endpoint, scratch_bytes } = where
    const prefix = where.prefix?.replace(/\/?$/, '/') ?? ''
    const client = createArchiveClient(endpoint === null ? {} : { endpoint })
    const files = heldFiles(s3Archive({ client, bucket, prefix }), scratch, scratch_bytes / shares)
    return { files, close: () => client.destroy() }
  }
  const inside = filesOf(where.folder).archive
  const root = existsSync(inside) ? inside : where.folder
  if (!existsSync(root)) throw new SourceRefused(`there is no archive in ${where.folder}`)
  return { files: folderArchive(root), close: () => {} }
}

function rangeOf({ range, share }: OpenOptions): ArchiveRange {
  const { from, to, margin_ms, device_id, type, location } = range
  return {
    from,
    to: Math.min(to, MAX_TIMESTAMP_MS),
    margin_ms,
    ...(device_id !== null && { device_id }),
    ...(type !== null && { event_type: type }),
    ...(location !== null && { location }),
    ...(share && share.shares > 1 && { isMine: (id: string) => shareOf(id, share.shares) === share.share }),
  }
}

async function* told(
  where: ArchivePlace,
  files: ArchiveFiles,
  batches: AsyncIterable<ReplayBatch['records']>,
): AsyncGenerator<ReplayBatch> {
  let isEmpty = true
  try {
    for await (const records of batches) {
      isEmpty = false
      yield { records, name: 'archive', position: records.at(-1)?.position ?? '' }
    }
    isEmpty &&= (await files.list('')).length === 0
  } catch (error) {
    const why = reasonOf(error)
    if (why === null) throw error
    throw new SourceRefused(`the archive in ${placeText(where)} cannot be read: ${why}`, { cause: error })
  }
  if (isEmpty) throw new SourceRefused(`there is no archive in ${placeText(where)}`)
}

const REASONS: Record<string, string> = {
  NoSuchBucket: 'there is no such bucket',
  AccessDenied: 'access is denied',
  CredentialsProviderError: 'there are no credentials for it',
}

/** What a person can do something about, in one line; null for a bug. */
function reasonOf(error: unknown): string | null {
  const { message, cause } = error as Error
  if (error instanceof ScratchTooSmall) return `${message}; --scratch-mb allows more`
  if (error instanceof InfrastructureError)
    return REASONS[(cause as Error | undefined)?.name ?? ''] ?? message
  // A file that is damaged, or that a night has taken away since.
  const ofFile = /^(?:IO Error|Invalid Input Error|Invalid Error|Out of Memory Error): (.*)/.exec(message)
  return ofFile ? (ofFile[1] as string) : null
}

function partsOf({ surveyed, to_survey, read, to_read }: ArchiveProgress, look: number): number {
  const share = (done: number, of: number) => (of === 0 ? 0 : Math.min(1, done / of))
  return Math.floor(PARTS * (look * share(surveyed, to_survey) + (1 - look) * share(read, to_read)))
}
