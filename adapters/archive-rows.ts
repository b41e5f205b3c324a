/**
 * Rows of the archive as records of which nobody has put the payload together: a fold asks what they say, which their values
 * tell without it. The values of a chunk are kept row by row, so that a row is in one place when its device's turn comes.
 */
import type { DuckDBBlobVector, DuckDBDataChunk, DuckDBDoubleVector } from '@duckdb/node-api'
import {
  type BytePiece,
  bytePieces,
  PAYLOAD_NUMBERS,
  PAYLOAD_TEXTS,
  PayloadWriter,
} from '../events/archive-bytes.ts'
import { type MessageMaker, messageMaker, spokenText } from '../events/archive-message.ts'
import type { LogRecord, RecordSource, ToldRecord } from '../events/record.ts'
import { printOf, printOfWords } from '../processors/known-copies.ts'
import {
  askedOnce,
  positionTexts,
  RECORD_TEXTS,
  type RecordLayout,
  type RecordReader,
  type RecordText,
} from './archive-records.ts'

/** Places in a row: what is beside the payload, and then what the payload is made of. */
const OFFSET = 0
const RECEIVED = 1
const TEXTS = 2
const [SEGMENT, SOURCE, TOPIC, VERDICT, TEMPLATE] = [0, 1, 2, 3, 4]
const PLACED = RECORD_TEXTS.length - PAYLOAD_TEXTS.length
const NUMBERS = TEXTS + RECORD_TEXTS.length

const UTF8 = new TextEncoder()
const NOTHING = new Uint8Array(0)
/** What a number of a payload takes, more or less. */
const NUMBER_BYTES = 8

/** A template whose rows are told from their values; `make` null: from their bytes. */
type Template = { make: MessageMaker | null; pieces: BytePiece[]; bytes: number }

/** What all rows of a stretch have in common. */
type Sheet = {
  width: number
  /** By the place in `PAYLOAD_NUMBERS`, -1 where no row has one. */
  numbers: readonly number[]
  templates: readonly (Template | null)[]
  /** Of another stretch the same numbers are other texts. */
  seed: number
  /** Of `RECORD_TEXTS`, those whose list is a block's own. */
  own: readonly number[]
}

/** The rows of a chunk, one behind the other. */
type Block = Sheet & {
  values: Float64Array
  words: Int32Array
  texts: readonly (readonly string[])[]
  /** Of the payload's texts, as JSON says them. */
  lists: readonly (readonly (string | null)[])[]
  wholes: ReadonlyMap<number, Uint8Array>
  /** By the row, where any place has one. */
  ticks: Float64Array | null
}

let sheets = 0

export function rowReader(layout: RecordLayout): RecordReader {
  const shared = RECORD_TEXTS.map((name) => layout.few.get(name) ?? null)
  const sheet = sheetOf(layout)
  const spoken = shared.slice(PLACED).map((list) => list?.map(spokenText) ?? [])
  const isSkipped = askedOnce()
  let last = { offset: -1, tick: 0, segment: '' }

  function blockOf(chunk: DuckDBDataChunk): Block {
    const { rowCount } = chunk
    const values = new Float64Array(rowCount * sheet.width)
    const texts: (readonly string[])[] = []
    const lists: (readonly (string | null)[])[] = []
    fill(values, OFFSET, sheet.width, chunk.getColumnVector(0))
    fill(values, RECEIVED, sheet.width, chunk.getColumnVector(1))
    for (const [nth, list] of shared.entries()) {
      const vector = chunk.getColumnVector(TEXTS + nth)
      if (list) fill(values, TEXTS + nth, sheet.width, vector)
      else for (let row = 0; row < rowCount; row++) values[row * sheet.width + TEXTS + nth] = row
      const own = list ?? textsOf(vector as unknown as Texts, rowCount)
      texts.push(own)
      if (nth >= PLACED) lists.push(list ? (spoken[nth - PLACED] ?? []) : own.map(spokenText))
    }
    for (let nth = 0; nth < layout.numbers.length; nth++)
      fill(values, NUMBERS + nth, sheet.width, chunk.getColumnVector(NUMBERS + nth))
    const wholes = layout.whole ? wholesOf(chunk, values) : new Map<number, Uint8Array>()
    return {
      ...sheet,
      values,
      words: new Int32Array(values.buffer),
      texts,
      lists,
      wholes,
      ticks: ticksOf(chunk),
    }
  }

  function ticksOf(chunk: DuckDBDataChunk): Float64Array | null {
    if (!layout.ticks) return null
    const ticks = new Float64Array(chunk.rowCount)
    fill(ticks, 0, 1, chunk.getColumnVector(NUMBERS + layout.numbers.length + (layout.whole ? 1 : 0)))
    return ticks
  }

  function wholesOf(chunk: DuckDBDataChunk, values: Float64Array): Map<number, Uint8Array> {
    const wholes = new Map<number, Uint8Array>()
    const vector = chunk.getColumnVector(NUMBERS + layout.numbers.length) as DuckDBBlobVector
    for (let row = 0; row < chunk.rowCount; row++) {
      const at = row * sheet.width
      if ((values[at + TEXTS + TEMPLATE] as number) < 0)
        wholes.set(at, new Uint8Array(vector.getItemBytes(row) ?? NOTHING))
    }
    return wholes
  }

  return {
    read: (chunk, skip) => {
      const block = blockOf(chunk)
      const { values } = block
      const records: LogRecord[] = []
      for (let at = 0; at < values.length; at += sheet.width) {
        if (skip && isSkipped(textOf(block, at, TOPIC), skip)) continue
        const offset = values[at + OFFSET] as number
        const tick = tickOf(block, at)
        const segment = textOf(block, at, SEGMENT)
        // A batch that was delivered twice landed twice, perhaps.
        if (offset === last.offset && tick === last.tick && segment === last.segment) continue
        last = { offset, tick, segment }
        records.push(new RowRecord(block, at))
      }
      return records
    },
  }
}

function sheetOf({ few, numbers }: RecordLayout): Sheet {
  const places = PAYLOAD_NUMBERS.map((name) => {
    const nth = numbers.indexOf(name)
    return nth < 0 ? -1 : NUMBERS + nth
  })
  const columns = { texts: PAYLOAD_TEXTS.map((_, nth) => TEXTS + PLACED + nth), numbers: places }
  const templates = (few.get('template') ?? []).map((text): Template => {
    const pieces = bytePieces(text)
    const bytes = UTF8.encode(text).length + pieces.length * NUMBER_BYTES
    return { make: messageMaker(text, columns), pieces, bytes }
  })
  const own = RECORD_TEXTS.flatMap((name, nth) => (few.has(name as RecordText) ? [] : [nth]))
  return { width: NUMBERS + numbers.length, numbers: places, templates, seed: ++sheets, own }
}

type Texts = { getItem(nth: number): string | null }

function textsOf(vector: Texts, rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => vector.getItem(row) ?? '')
}

function fill(values: Float64Array, from: number, width: number, vector: unknown): void {
  const numbers = vector as DuckDBDoubleVector
  for (let row = 0, at = from; at < values.length; row++, at += width)
    values[at] = numbers.getItem(row) as number
}

function tickOf({ ticks, width }: Block, at: number): number {
  return ticks ? (ticks[at / width] as number) : 0
}

function textOf({ texts, values }: Block, at: number, nth: number): string {
  return texts[nth]?.[values[at + TEXTS + nth] as number] ?? ''
}

const writer = new PayloadWriter()
const positions = positionTexts()

/** A record by its place in a block. */
class RowRecord implements ToldRecord {
  readonly #block: Block
  readonly #at: number

  constructor(block: Block, at: number) {
    this.#block = block
    this.#at = at
  }

  get position(): string {
    const segment = textOf(this.#block, this.#at, SEGMENT)
    const offset = this.#block.values[this.#at + OFFSET] as number
    return positions(segment, offset, tickOf(this.#block, this.#at))
  }

  get received_at(): number {
    return this.#block.values[this.#at + RECEIVED] as number
  }

  get source(): RecordSource {
    return textOf(this.#block, this.#at, SOURCE) as RecordSource
  }

  get topic(): string {
    return textOf(this.#block, this.#at, TOPIC)
  }

  get verdict(): string {
    return textOf(this.#block, this.#at, VERDICT)
  }

  /** Bytes of its own. */
  get payload(): Uint8Array {
    const template = templateOf(this.#block, this.#at)
    if (!template) return this.#block.wholes.get(this.#at) ?? NOTHING
    return new Uint8Array(writer.write(template.pieces, writtenAt(this.#block, this.#at)))
  }

  get payload_bytes(): number {
    return templateOf(this.#block, this.#at)?.bytes ?? this.payload.byteLength
  }

  get held_bytes(): number {
    return this.#block.wholes.get(this.#at)?.byteLength ?? 0
  }

  message(): Record<string, unknown> | null {
    const make = templateOf(this.#block, this.#at)?.make
    return make ? make(this.#block, this.#at) : null
  }

  print(): number {
    const { words, width, seed, own } = this.#block
    const at = this.#at
    if (!templateOf(this.#block, at)) return printOf(this.payload)
    let first = seed
    for (let n = 0; n < own.length; n++) first = textPrint(textOf(this.#block, at, own[n] as number), first)
    return printOfWords(words, (at + TEXTS + TEMPLATE) * 2, (at + width) * 2, first)
  }
}

function textPrint(text: string, seed: number): number {
  let print = seed
  for (let at = 0; at < text.length; at++) print = Math.imul(print ^ text.charCodeAt(at), 0x01000193)
  return print
}

function templateOf({ templates, values }: Block, at: number): Template | null {
  return templates[values[at + TEXTS + TEMPLATE] as number] ?? null
}

function writtenAt(block: Block, at: number) {
  return {
    number: (nth: number) => block.values[at + (block.numbers[nth] as number)] as number,
    text: (nth: number) => UTF8.encode(textOf(block, at, PLACED + nth)),
  }
}
