/** The rows of a JSON file, an array of objects or an object a line, as those of a table: names first, then values as text. */
import { BadImport } from './import-report.ts'
import type { Row } from './import-rows.ts'

export type JsonFormat = 'json' | 'ndjson'

/** `line` is that of the object in NDJSON, and its number, behind one for the names, in JSON. Throws BadImport for a file that is none. */
export async function* readJsonRows(
  bytes: AsyncIterable<Uint8Array>,
  format: JsonFormat,
): AsyncGenerator<Row> {
  const text = await textOf(bytes)
  const objects = format === 'json' ? arrayOf(text) : linesOf(text)
  const names = [...new Set(objects.flatMap(({ object }) => Object.keys(object)))]
  if (names.length === 0) throw new BadImport('the file is empty: there is no object with a name in it')
  yield { line: 0, cells: names }
  for (const { line, object } of objects) yield { line, cells: names.map((name) => cellOf(object[name])) }
}

type Held = { line: number; object: Record<string, unknown> }

function arrayOf(text: string): Held[] {
  const value = parsed(text, 'the file')
  if (!Array.isArray(value))
    throw new BadImport('the file is no JSON array of objects; --format ndjson reads one a line')
  return value.map((one, n) => ({ line: n + 2, object: objectIn(one, `element ${n + 1}`) }))
}

function linesOf(text: string): Held[] {
  return text.split('\n').flatMap((line, n) => {
    if (line.trim() === '') return []
    const named = `line ${n + 1}`
    return [{ line: n + 1, object: objectIn(parsed(line, named), named) }]
  })
}

function parsed(text: string, named: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadImport(`${named} is not JSON`)
  }
}

function objectIn(value: unknown, named: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new BadImport(`${named} is no object`)
}

/** As a CSV would have it. */
function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value.trim() : JSON.stringify(value)
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder('utf-8')
  let text = ''
  for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
