/** Rows as they come, and the certainty that all of them came. */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api'
import { InfrastructureError } from './infrastructure-error.ts'

/**
 * In a transaction of its own, for by that alone a stream that failed on the way can be told from one that is at its end.
 * @throws what it failed of; then what came is not all
 */
export async function* wholeStream<T>(
  connection: DuckDBConnection,
  sql: string,
  read: (result: DuckDBResult) => AsyncIterable<T>,
): AsyncGenerator<T, void> {
  await connection.run('BEGIN')
  let isWhole = false
  try {
    yield* read(await connection.stream(sql))
    isWhole = !(await isCutOff(connection))
  } finally {
    await connection.run('ROLLBACK')
  }
  if (!isWhole) throw await reasonOf(connection, sql)
}

/** Rows as DuckDB has them, some thousand at a time. */
export async function* chunksOf(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk, void> {
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return
    yield chunk
  }
}

/** Behind the last rows of a stream. DuckDB ends one that fails like any other; that its transaction is lost is all there is to see. */
export function isCutOff(connection: DuckDBConnection): Promise<boolean> {
  return connection.run('SELECT 1').then(
    () => false,
    () => true,
  )
}

/** DuckDB's binding does not tell of what a stream failed: it is asked for again, of all its rows and none of them kept. */
async function reasonOf(connection: DuckDBConnection, sql: string): Promise<Error> {
  return connection.run(`SELECT bit_xor(hash(whole)) FROM (${sql}) whole`).then(
    () => new InfrastructureError('rows broke off while they were read: try again'),
    (error: Error) => error,
  )
}
