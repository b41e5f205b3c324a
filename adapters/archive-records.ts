/** Rows of the archive, column by column, as the records of the log that they were made of. */
import type { DuckDBBlobVector, DuckDBDataChunk, DuckDBDoubleVector } from '@duckdb/node-api'
import {
  type BytePiece,
  bytePieces,
  PAYLOAD_NUMBERS,
  PAYLOAD_TEXTS,
  PayloadWriter,
} from '../events/archive-bytes.ts'
import { joinPosition, joinSequence } from '../events/archive-position.ts'
import type { LogRecord, RecordSource } from '../events/record.ts'

/** Texts of a record, those of its payload behind what is said beside it. */
export const RECORD_TEXTS = [
  'log_segment',
  'source',
  'topic',
  'verdict',
  'template',
  ...PAYLOAD_TEXTS,
] as const
export type RecordText = (typeof RECORD_TEXTS)[number]

/** What the columns of a chunk are. `few`: the values of a text, which then comes as a number, -1 where there is none. */
export type RecordLayout = {
  few: ReadonlyMap<RecordText, readonly string[]>
  /** Those of `PAYLOAD_NUMBERS` that any row has. */
  numbers: readonly (typeof PAYLOAD_NUMBERS)[number][]
  /** Whether some payloads are no template's, and come as they are. */
  whole: boolean
  /** Whether any place has a tick. */
  ticks: boolean
}

/** Columns of a SELECT over `rows`, in the order in which `recordReader` takes them. No value of them is null: a null costs more to read than a number. */
export function recordColumns({ few, numbers, whole, ticks }: RecordLayout): string[] {
  return [
    'log_offset::DOUBLE',
    'epoch_ms(received_at)::DOUBLE',
    ...RECORD_TEXTS.map((name) =>
      few.has(name) ? `coalesce(enum_code(${name})::DOUBLE, -1)` : `coalesce(${name}, '')`,
    ),
    ...numbers.map((name) => `coalesce(${name}::DOUBLE, 'nan'::DOUBLE)`),
    ...(whole ? ["coalesce(encode(payload), from_base64(payload_base64), ''::BLOB)"] : []),
    ...(ticks ? ['log_tick::DOUBLE'] : []),
  ]
}

type Texts = { getItem(nth: number): string | null }
type Text = { list: readonly string[]; codes: DuckDBDoubleVector | null; texts: Texts | null }

const UTF8 = new TextEncoder()
const NOTHING = new Uint8Array(0)
/** Positions of a row are written piece by piece: numbers of so few digits V8 keeps as texts. */
const LOW = 1e6
const SLAB = 8_192

export type RecordReader = {
  /** The chunk's records in its order; each once, where one stands twice in a row. */
  read(chunk: DuckDBDataChunk, skip: ((topic: string) => boolean) | undefined): LogRecord[]
}

/** `kept`: records are held for long, and none of them must hold the bytes of others. */
export function recordReader(layout: RecordLayout, kept: boolean): RecordReader {
  const texts = RECORD_TEXTS.map(
    (name): Text => ({
      list: layout.few.get(name) ?? [],
      codes: null,
      texts: null,
    }),
  )
  const [segment, source, topic, verdict, template] = texts as [Text, Text, Text, Text, Text]
  const placed = texts.slice(5)
  const encoded = placed.map(({ list }) => list.map((text) => UTF8.encode(text)))
  const numbers: (DuckDBDoubleVector | null)[] = PAYLOAD_NUMBERS.map(() => null)
  const plans = template.list.map((text) => bytePieces(text))
  const writer = new PayloadWriter()
  const keep = kept ? ownBytes : slabs()
  const isSkipped = askedOnce()
  const positions = positionTexts()
  let row = 0
  let last = ''

  const values = {
    number: (nth: number) => (numbers[nth] as DuckDBDoubleVector).getItem(row) as number,
    text: (nth: number) => {
      const { codes, texts: raw } = placed[nth] as Text
      if (codes) return encoded[nth]?.[codes.getItem(row) as number] ?? NOTHING
      return UTF8.encode(raw?.getItem(row) ?? '')
    },
  }

  function open(chunk: DuckDBDataChunk) {
    let column = 2
    for (const [nth, text] of texts.entries()) {
      const vector = chunk.getColumnVector(column++)
      const isFew = layout.few.has(RECORD_TEXTS[nth] as RecordText)
      text.codes = isFew ? (vector as DuckDBDoubleVector) : null
      text.texts = isFew ? null : (vector as unknown as Texts)
    }
    for (const name of layout.numbers) {
      const nth = PAYLOAD_NUMBERS.indexOf(name)
      numbers[nth] = chunk.getColumnVector(column++) as DuckDBDoubleVector
    }
    return {
      offsets: chunk.getColumnVector(0) as DuckDBDoubleVector,
      received: chunk.getColumnVector(1) as DuckDBDoubleVector,
      whole: layout.whole ? (chunk.getColumnVector(column++) as DuckDBBlobVector) : null,
      ticks: layout.ticks ? (chunk.getColumnVector(column) as DuckDBDoubleVector) : null,
    }
  }

  function piecesAt(nth: number): BytePiece[] | null {
    const { codes, texts: raw } = template
    if (codes) return plans[codes.getItem(nth) as number] ?? null
    const text = raw?.getItem(nth) ?? ''
    return text === '' ? null : bytePieces(text)
  }

  function payloadAt(nth: number, whole: DuckDBBlobVector | null): Uint8Array {
    row = nth
    const pieces = piecesAt(nth)
    return keep(pieces ? writer.write(pieces, values) : (whole?.getItemBytes(nth) ?? NOTHING))
  }

  return {
    read: (chunk, skip) => {
      const { offsets, received, whole, ticks } = open(chunk)
      const { rowCount } = chunk
      const records: LogRecord[] = []
      for (let nth = 0; nth < rowCount; nth++) {
        const name = textAt(topic, nth)
        if (skip && isSkipped(name, skip)) continue
        const tick = ticks ? (ticks.getItem(nth) as number) : 0
        const position = positions(textAt(segment, nth), offsets.getItem(nth) as number, tick)
        // A batch that was delivered twice landed twice, perhaps.
        if (position === last) continue
        last = position
        records.push({
          position,
          received_at: received.getItem(nth) as number,
          source: textAt(source, nth) as RecordSource,
          topic: name,
          verdict: textAt(verdict, nth),
          payload: payloadAt(nth, whole),
        })
      }
      return records
    },
  }
}

/** Of each topic the question is asked once. */
export function askedOnce(): (topic: string, skip: (topic: string) => boolean) => boolean {
  const known = new Map<string, boolean>()
  return (topic, skip) => {
    let skipped = known.get(topic)
    if (skipped === undefined) {
      skipped = skip(topic)
      known.set(topic, skipped)
    }
    return skipped
  }
}

function textAt({ list, codes, texts }: Text, nth: number): string {
  return codes ? (list[codes.getItem(nth) as number] ?? '') : (texts?.getItem(nth) ?? '')
}

/** A copy, also of a Buffer, whose own `slice` is none. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** Copies of bytes, many in one piece of memory: to ask for each by itself takes several times as long. */
function slabs(): (bytes: Uint8Array) => Uint8Array {
  let slab = new Uint8Array(SLAB)
  let used = 0
  return (bytes) => {
    const { length } = bytes
    if (length > SLAB / 4) return ownBytes(bytes)
    if (used + length > SLAB) {
      slab = new Uint8Array(SLAB)
      used = 0
    }
    const own = slab.subarray(used, used + length)
    own.set(bytes)
    used += length
    return own
  }
}

/** `joinPosition`, with what a million positions share kept. */
export function positionTexts(): (log_segment: string, log_offset: number, log_tick: number) => string {
  let of = { log_segment: '', high: -1, sharded: false, head: '' }
  let stream = { log_segment: '', rest: 0n, shard: '' }
  return (log_segment, log_offset, log_tick) => {
    if (log_tick < 0) return joinPosition({ log_segment, log_offset, log_tick })
    if (log_tick > 0) {
      if (stream.log_segment !== log_segment) {
        const [rest = '', ...shard] = log_segment.split(/(?=\.)/)
        stream = { log_segment, rest: BigInt(rest), shard: shard.join('') }
      }
      return joinSequence(stream.rest, log_offset, log_tick) + stream.shard
    }
    const high = Math.floor(log_offset / LOW)
    if (of.high !== high || of.log_segment !== log_segment) {
      const head = joinPosition({ log_segment, log_offset: high * LOW, log_tick }).slice(0, -6)
      of = { log_segment, high, sharded: log_segment.includes('.'), head }
    }
    if (of.sharded) return joinPosition({ log_segment, log_offset, log_tick })
    return of.head + String(LOW + log_offset - high * LOW).slice(1)
  }
}
