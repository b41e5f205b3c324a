/** DuckDB within a function: as much memory as leaves the rest of the process its share, and a folder that begins empty. */
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckOptions } from './duckdb-open.ts'

/** Node with rows on their way, files being sent: measured at 400 MB beside DuckDB's own limit. */
const REST_MB = 600
const LEAST_MB = 256

/** What an environment that was killed left in its folder is in the way of the next: it is cleared once, at the start. */
export function functionDuck(): DuckOptions {
  const scratch_in = join(tmpdir(), 'pilotline-night')
  rmSync(scratch_in, { recursive: true, force: true })
  mkdirSync(scratch_in, { recursive: true })
  const memory_mb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 0)
  return { scratch_in, memory_mb: Math.max(LEAST_MB, memory_mb - REST_MB) }
}
