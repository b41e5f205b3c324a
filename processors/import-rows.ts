/** The rows of a CSV file as it streams in, each with the line it begins on. */
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { BadImport } from './import-report.ts'

export type Row = { line: number; cells: string[] }

/** A longer row is a quote that was never closed, or no CSV at all. */
const MAX_ROW_CHARACTERS = 128 * 1024

/**
 * Rows with their cells trimmed; the first is the header. Lines that are empty, or hold nothing but delimiters, are passed
 * over. A cell may hold quotes and, in quotes, line ends. Throws BadImport for a file that is no CSV, naming the line up to
 * which it was one.
 */
export async function* readRows(bytes: AsyncIterable<Uint8Array>, delimiter: string): AsyncGenerator<Row> {
  const lines = createLineCount()
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
    max_record_size: MAX_ROW_CHARACTERS,
    on_record: (cells: string[], info) => {
      lines.parsed(cells, info.lines)
      return cells
    },
  })
  const feeding = pipeline(bytes, parser)
  // What goes wrong is thrown where the parser is read, too: it must be nobody's unhandled rejection before.
  feeding.catch(() => {})
  try {
    for await (const cells of parser as AsyncIterable<string[]>) yield { line: lines.next(), cells }
    await feeding
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new BadImport(`the file is no CSV after line ${lines.last()}: ${whyNoCsv(error.code)}`)
  }
}

/** Where rows begin, from where the parser says that they end. It is some rows ahead of who reads them. */
function createLineCount() {
  const begins: number[] = []
  let last = 0
  // The parser counts a CR LF inside a cell as two line ends.
  let overcounted = 0
  return {
    parsed: (cells: string[], counted_lines: number) => {
      overcounted += countIn(cells, /\r\n/g)
      last = counted_lines - overcounted
      begins.push(last - countIn(cells, /\r\n|\n|\r/g))
    },
    next: () => begins.shift() as number,
    /** The last line of the last row that was parsed; a parser that fails forgets the rows that nobody has taken yet. */
    last: () => last,
  }
}

function countIn(cells: string[], pattern: RegExp): number {
  let count = 0
  for (const cell of cells) count += cell.match(pattern)?.length ?? 0
  return count
}

function whyNoCsv(code: string): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote is opened and never closed'
  if (code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE') return 'text follows a closing quote'
  if (code === 'CSV_MAX_RECORD_SIZE') return `a row has more than ${MAX_ROW_CHARACTERS} characters`
  return code
}
