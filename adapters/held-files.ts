/** Files of an archive that lies elsewhere, as many of them on this machine as may lie here at once. */
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import { hashOf } from '../events/hash.ts'
import { listedSizes } from './listed-sizes.ts'

/** More is needed at once than may lie here. */
export class ScratchTooSmall extends Error {}

/**
 * `bring` asks for a file once, as long as there is room for it: those that were not asked for lately go first. What it
 * has brought is there until it is called again. Of files that were not listed before it knows no size.
 */
export function heldFiles(files: ArchiveFiles, folder: string, most_bytes: number): ArchiveFiles {
  const { sizes, list } = listedSizes(files)
  /** By how lately they were asked for, the latest last. */
  const held = new Map<string, string>()
  const bytesOf = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0)

  async function makeRoom(names: readonly string[]): Promise<void> {
    const asked = new Set(names)
    const needed = bytesOf(asked)
    if (needed > most_bytes)
      throw new ScratchTooSmall(
        `${inMegabytes(needed)} MB of it are needed at once, and ${inMegabytes(most_bytes)} MB may lie here`,
      )
    let bytes = needed + bytesOf([...held.keys()].filter((name) => !asked.has(name)))
    for (const [name, path] of held) {
      if (bytes <= most_bytes) return
      if (asked.has(name)) continue
      await rm(path, { force: true })
      held.delete(name)
      bytes -= sizes.get(name) ?? 0
    }
  }

  async function bringOne(name: string, scratch: string): Promise<string> {
    const known = held.get(name)
    if (known !== undefined) {
      held.delete(name)
      held.set(name, known)
      return known
    }
    const [brought = ''] = await files.bring([name], scratch)
    const path = join(folder, `${hashOf([name])}.parquet`)
    await rename(brought, path)
    held.set(name, path)
    return path
  }

  return {
    ...files,
    list,
    bring: async (names) => {
      const coming = join(folder, 'coming')
      await mkdir(coming, { recursive: true })
      await makeRoom(names)
      return Promise.all(names.map((name) => bringOne(name, coming)))
    },
  }
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
