/** The demo fleet's memory: one small JSON file, replaced whole or not at all. */
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoLife } from './demo-fleet-life.ts'

const FILE = 'demo-fleet.json'

/** What was remembered in this folder; null when nothing was. Throws where it cannot be read, so that no history is laid twice. */
export async function loadLife(state_dir: string): Promise<DemoLife | null> {
  const path = join(state_dir, FILE)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const life = parse(text)
  if (life?.version !== 1)
    throw new Error(`${path} is no memory of a demo fleet; without the file the fleet begins anew`)
  return life
}

/** `text` is the life as JSON: taken when it was true, written when everything in it had been acknowledged. */
export async function saveLife(state_dir: string, text: string): Promise<void> {
  await mkdir(state_dir, { recursive: true })
  const path = join(state_dir, FILE)
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

function parse(text: string): DemoLife | null {
  try {
    return JSON.parse(text) as DemoLife | null
  } catch {
    return null
  }
}
