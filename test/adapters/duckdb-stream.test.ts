/** A stream of DuckDB ends alike at its end and at an error: whoever reads it must know which of them it was. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Duck, openDuck, parquetFiles, sqlText } from '../../adapters/duckdb-open.ts'
import { chunksOf, wholeStream } from '../../adapters/duckdb-stream.ts'
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'

let duck: Duck
beforeEach(async () => {
  duck = await openDuck({ threads: 1 })
})
afterEach(async () => duck.close())

/** So many that DuckDB does not make them all before the first are taken. */
const MANY = 400_000
const numbers = `SELECT range AS n, repeat(range::VARCHAR, 20) AS wide FROM range(${MANY})`
const broken = `SELECT n, wide, CASE WHEN n = ${MANY - 1} THEN error('the last one') END FROM (${numbers})`

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

async function countOf(sql: string, onFirst: () => void = () => {}): Promise<number> {
  let rows = 0
  for await (const some of duck.stream(sql)) {
    if (rows === 0) onFirst()
    rows += some.length
  }
  return rows
}

describe('a stream', () => {
  it('brings all rows, and may be left', async () => {
    expect(await countOf(numbers)).toBe(MANY)
    for await (const chunk of duck.chunks(numbers)) {
      expect(chunk.rowCount).toBeGreaterThan(0)
      break
    }
    expect(await countOf(numbers)).toBe(MANY)
    expect(await duck.rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('whose rows fail on the way rejects with what they failed of, and others can be asked for', async () => {
    await expect(countOf(broken)).rejects.toThrow('the last one')
    await expect(drain(duck.chunks(broken))).rejects.toThrow('the last one')
    await expect(drain(duck.each(broken))).rejects.toThrow('the last one')
    expect(await countOf(numbers)).toBe(MANY)
  })

  it('whose files go away on the way rejects with the name of one', async () => {
    const paths = Array.from({ length: 6 }, (_, n) => join(duck.scratch, `${n}.parquet`))
    for (const path of paths) await duck.run(`COPY (${numbers}) TO ${sqlText(path)} (FORMAT parquet)`)
    const lose = () => {
      for (const path of paths.slice(1)) renameSync(path, `${path}.lost`)
    }
    await expect(countOf(`FROM ${parquetFiles(paths)}`, lose)).rejects.toThrow(/IO Error.*\d\.parquet/)
  })

  it('that nobody can tell why it broke off says so, and that it may be tried again', async () => {
    let asked = 0
    const failsOnce = {
      run: async (sql: string) => {
        if (sql === 'SELECT 1' && asked++ === 0) throw new Error('the transaction is aborted')
      },
      stream: async () => ({ fetchChunk: async () => null }),
    }
    const reading = drain(wholeStream(failsOnce as never, 'SELECT 2', chunksOf))
    await expect(reading).rejects.toThrow(InfrastructureError)
  })
})
