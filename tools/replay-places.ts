/** Where a replay reads from and where it writes to, as its flags say it. */
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { BadFlags } from './import-options.ts'

export type SourceOptions =
  /** `path`: of a log that lies elsewhere, or is called otherwise. */
  | { kind: 'log'; folder: string; path?: string }
  | { kind: 'file'; path: string }
  | { kind: 'quarantine'; folder: string }
  | { kind: 'archive'; where: ArchivePlace }
  | { kind: 'failed'; where: { folder: string } | BucketPlace }
  | {
      kind: 'kinesis'
      stream: string
      endpoint: string | null
      shard_id: string | null
      after_sequence: string | null
    }

export type BucketPlace = { bucket: string; prefix: string | null; endpoint: string | null }
/** `scratch_bytes`: of its files, what may lie on this machine at once. */
export type ArchivePlace = { folder: string } | (BucketPlace & { scratch_bytes: number })

export type IntoOptions =
  | { kind: 'folder'; folder: string }
  | { kind: 'stream'; stream: string; endpoint: string | null }

/** Flags that name a place. */
export type PlaceFlags = {
  log?: string
  file?: string
  kinesis?: string
  failed?: string
  archive?: string
  shard?: string
  afterSequence?: string
  endpoint?: string
  scratchMb?: number
  into?: string
  intoStream?: string
  data?: string
  speed?: number
}

export function sourceOf(flags: PlaceFlags): SourceOptions {
  const { log, file, kinesis, shard, afterSequence } = flags
  const sources: SourceOptions[] = []
  if (log !== undefined) sources.push(logOf(resolve(log)))
  if (file !== undefined) sources.push({ kind: 'file', path: resolve(file) })
  if (kinesis !== undefined) sources.push(streamOf(kinesis, flags))
  if (flags.failed !== undefined) sources.push(failedOf(flags.failed, flags))
  if (flags.archive !== undefined) sources.push(archiveOf(flags.archive, flags))
  const [source] = sources
  if (!source || sources.length > 1)
    throw new BadFlags(
      'give one source: --log DIR, --file PATH, --kinesis STREAM, --failed WHERE or --archive WHERE',
    )
  if (source.kind !== 'kinesis' && (shard !== undefined || afterSequence !== undefined))
    throw new BadFlags('--shard and --after-sequence are for --kinesis')
  return source
}

/** A data folder, or the log itself. */
function logOf(path: string): SourceOptions {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  return isFile ? { kind: 'log', folder: dirname(path), path } : { kind: 'log', folder: path }
}

function streamOf(stream: string, { shard, afterSequence, endpoint }: PlaceFlags): SourceOptions {
  checkStream('--kinesis', stream)
  const [shard_id, after_sequence] = [shard ?? null, afterSequence ?? null]
  if (after_sequence !== null && shard_id === null)
    throw new BadFlags('--after-sequence needs --shard: a sequence number is of one shard')
  if (after_sequence !== null && !/^\d{1,56}$/.test(after_sequence))
    throw new BadFlags(`--after-sequence: ${JSON.stringify(after_sequence)} is no sequence number`)
  return { kind: 'kinesis', stream, endpoint: endpointOf(endpoint), shard_id, after_sequence }
}

function failedOf(where: string, flags: PlaceFlags): SourceOptions {
  if (where === 'quarantine')
    return { kind: 'quarantine', folder: resolve(flags.data ?? join('data', 'pilotline')) }
  return { kind: 'failed', where: placeOf('--failed', where, flags) }
}

const SCRATCH_MB = 4_000

function archiveOf(named: string, flags: PlaceFlags): SourceOptions {
  const where = placeOf('--archive', named, flags)
  if ('folder' in where) return { kind: 'archive', where }
  return { kind: 'archive', where: { ...where, scratch_bytes: (flags.scratchMb ?? SCRATCH_MB) * 1e6 } }
}

/** As a person would name it. */
export function placeText(where: { folder: string } | BucketPlace): string {
  return 'folder' in where
    ? where.folder
    : `s3://${where.bucket}${where.prefix === null ? '' : `/${where.prefix}`}`
}

/** A folder, or a bucket as `s3://bucket/prefix`. */
function placeOf(flag: string, where: string, { endpoint }: PlaceFlags): { folder: string } | BucketPlace {
  if (!where.startsWith('s3://')) return { folder: resolve(where) }
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9.-]{3,63})(?:\/(.*))?$/.exec(where) ?? []
  if (bucket === undefined) throw new BadFlags(`${flag}: ${JSON.stringify(where)} is no s3://bucket/prefix`)
  return { bucket, prefix: prefix || null, endpoint: endpointOf(endpoint) }
}

function checkStream(flag: string, name: string): void {
  if (!/^[\w.-]{1,128}$/.test(name))
    throw new BadFlags(`${flag}: ${JSON.stringify(name)} is no name of a stream`)
}

function endpointOf(endpoint: string | undefined): string | null {
  if (endpoint === undefined) return null
  const url = URL.parse(endpoint)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new BadFlags(`--endpoint: ${JSON.stringify(endpoint)} is no http address`)
  return endpoint
}

export function intoOf(source: SourceOptions, flags: PlaceFlags): IntoOptions | null {
  const { into, intoStream, endpoint } = flags
  if ((into === undefined) === (intoStream === undefined))
    throw new BadFlags('restream needs to know where to: --into DIR or --into-stream STREAM')
  if (intoStream !== undefined) {
    checkStream('--into-stream', intoStream)
    if (source.kind === 'kinesis' && source.stream === intoStream)
      throw new BadFlags('--into-stream names the source itself: its records are on it')
    return { kind: 'stream', stream: intoStream, endpoint: endpointOf(endpoint) }
  }
  if (into === undefined) return null
  const folder = resolve(into)
  if (source.kind === 'log' && source.folder === folder)
    throw new BadFlags('--into names the source itself: its records are on its log')
  return { kind: 'folder', folder }
}
