/** Recordings that are not ours to commit: tests that need one skip where it is absent, and say so. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = resolve(root, process.env.PILOTLINE_REAL_DATA ?? '../shared/data')

/** Path of a recording, or null where it is absent. */
export function realData(file: string): string | null {
  const path = join(folder, file)
  if (existsSync(path)) return path
  process.stderr.write(
    `no ${path}: the tests that read it are skipped (PILOTLINE_REAL_DATA names the folder)\n`,
  )
  return null
}
