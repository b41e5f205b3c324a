/**
 * Records in a file, one JSON object a line, gzipped or not: what `npm run replay -- print` writes and `npm run simulate`
 * too. `{ received_at, topic, payload }`, the payload as text or as `payload_base64`; `source` and `verdict` where known.
 */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { LogRecord, RecordSource } from '../events/record.ts'
import { type Poison, type ReplaySource, SourceRefused } from '../processors/replay-source.ts'
import { parseLogPosition, positionText } from './log-position.ts'

export type NdjsonOptions = {
  path: string
  onPoison: (poison: Poison) => void
  /** A position: lines up to it are passed over. */
  after?: string
  /** Bytes of the file that have been read. */
  onBytes?: (bytes: number) => void
}

const BATCH = 1_000
const READ_BYTES = 1024 * 1024
/** A record of 64 KB, in base64 and escaped, is far below. */
const MOST_LINE_BYTES = 1024 * 1024

/** The position of a record is the number of its line. */
export function ndjsonRecords({ path, after = '', onPoison, onBytes }: NdjsonOptions): ReplaySource {
  return {
    batches: async function* (skip) {
      const done = parseLogPosition(after)
      let records: LogRecord[] = []
      let position = after
      const batch = () => ({ records, name: 'file', position })
      for await (const lines of linesOf(path, onBytes)) {
        for (const { line, number } of lines) {
          if (number <= done) continue
          position = positionText(number)
          const read = line === null ? 'is longer than 1 MB' : readLine(line, number, skip)
          if (read === null) continue
          if (typeof read === 'string') {
            const text = line === null ? '' : line.toString('utf8', 0, 2_000)
            onPoison({ position, reason: read, text })
            continue
          }
          records.push(read)
          if (records.length < BATCH) continue
          yield batch()
          records = []
        }
      }
      if (position !== after) yield batch()
    },
  }
}

/** A line of such a file, without its end. */
export function recordLine({ position, received_at, source, topic, verdict, payload }: LogRecord): string {
  const text = textOf(payload)
  const said = text === null ? { payload_base64: Buffer.from(payload).toString('base64') } : { payload: text }
  return JSON.stringify({ position, received_at, source, topic, verdict, ...said })
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(payload: Uint8Array): string | null {
  try {
    return UTF8.decode(payload)
  } catch {
    return null
  }
}

const SOURCES: ReadonlySet<unknown> = new Set<RecordSource>(['mqtt', 'http', 'import', 'internal'])
const TOPIC = Buffer.from('"topic":"')
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The record of a line; null where it is empty or skipped, and what is wrong with it where something is. */
function readLine(
  line: Buffer,
  number: number,
  skip: ((topic: string) => boolean) | undefined,
): LogRecord | string | null {
  if (line.length === 0) return null
  if (skip && isSkipped(line, skip)) return null
  let said: Record<string, unknown>
  try {
    said = JSON.parse(line.toString())
  } catch {
    return 'is not JSON'
  }
  if (typeof said !== 'object' || said === null) return 'is not an object'
  const { received_at, topic, payload, payload_base64, source = 'mqtt', verdict = 'unchecked' } = said
  if (!Number.isSafeInteger(received_at) || (received_at as number) < 0) return 'received_at is no epoch ms'
  if (typeof topic !== 'string') return 'topic is no text'
  if (!SOURCES.has(source)) return 'source is none of mqtt, http, import, internal'
  if (typeof verdict !== 'string') return 'verdict is no text'
  const bytes =
    typeof payload === 'string'
      ? Buffer.from(payload)
      : typeof payload_base64 === 'string'
        ? Buffer.from(payload_base64, 'base64')
        : null
  if (!bytes) return 'has neither payload nor payload_base64 as text'
  return {
    position: positionText(number),
    received_at: received_at as number,
    source: source as RecordSource,
    topic,
    verdict,
    payload: bytes,
  }
}

/** By the first that looks like the topic, where it is written plainly; in a payload its quotes would be escaped. */
function isSkipped(line: Buffer, skip: (topic: string) => boolean): boolean {
  const at = line.indexOf(TOPIC)
  if (at < 0) return false
  const from = at + TOPIC.length
  const to = line.indexOf(QUOTE, from)
  if (to < 0 || line.subarray(from, to).includes(BACKSLASH)) return false
  return skip(line.toString('utf8', from, to))
}

type Line = { line: Buffer | null; number: number }

/** Lines as they are read, those of a piece of the file together; one that is too long as null. */
async function* linesOf(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<Line[]> {
  let number = 0
  let rest: Buffer[] = []
  let weight = 0
  for await (const chunk of bytesOf(path, onBytes)) {
    const lines: Line[] = []
    let from = 0
    for (;;) {
      const end = chunk.indexOf(0x0a, from)
      if (end < 0) break
      const piece = chunk.subarray(from, end)
      const line = rest.length === 0 ? piece : Buffer.concat([...rest, piece])
      lines.push({ line: weight + piece.length > MOST_LINE_BYTES ? null : trimmed(line), number: ++number })
      if (rest.length > 0) rest = []
      weight = 0
      from = end + 1
    }
    yield lines
    if (from < chunk.length) {
      const piece = chunk.subarray(from)
      weight += piece.length
      rest = weight > MOST_LINE_BYTES ? [] : [...rest, piece]
    }
  }
  if (weight > 0)
    yield [{ line: weight > MOST_LINE_BYTES ? null : trimmed(Buffer.concat(rest)), number: ++number }]
}

function trimmed(line: Buffer): Buffer {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line
}

async function* bytesOf(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<Buffer> {
  try {
    const zipped = isGzipped(path)
    const file = createReadStream(path, { highWaterMark: READ_BYTES })
    const unpacked = zipped ? createGunzip({ chunkSize: READ_BYTES }) : null
    // What goes wrong is thrown where `unpacked` is read.
    if (unpacked) pipeline(file, unpacked).catch(() => {})
    for await (const chunk of (unpacked ?? file) as AsyncIterable<Buffer>) {
      onBytes?.(file.bytesRead)
      yield chunk
    }
  } catch (error) {
    throw new SourceRefused(`the file ${path} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

function isGzipped(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const head = new Uint8Array(2)
    return readSync(file, head, 0, 2, 0) === 2 && head[0] === 0x1f && head[1] === 0x8b
  } finally {
    closeSync(file)
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is none of that name',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  Z_DATA_ERROR: 'it is gzipped, and damaged',
  Z_BUF_ERROR: 'it is gzipped, and ends too early',
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return REASONS[code ?? ''] ?? message ?? String(error)
}
