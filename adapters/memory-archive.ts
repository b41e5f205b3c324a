/** The archive's twin in memory. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import { hashOf } from '../events/hash.ts'
import { StoreFull } from '../events/ports.ts'
import { assertMoved, assertName } from './archive-names.ts'

/** `room` is how many files it takes. */
export function memoryArchive({ room = () => Number.POSITIVE_INFINITY } = {}): ArchiveFiles {
  const files = new Map<string, Uint8Array>()

  async function put(name: string, content: Uint8Array): Promise<void> {
    assertName(name)
    if (!files.has(name) && files.size >= room()) throw new StoreFull('the archive is full')
    files.set(name, Uint8Array.from(content))
  }

  return {
    list: async (prefix) =>
      [...files]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, { byteLength }]) => ({ name, bytes: byteLength }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    put,
    putFile: async (name, path) => put(name, await readFile(path)),
    move: async (from, to) => {
      assertName(to)
      const content = files.get(from)
      if (content) files.set(to, content)
      else assertMoved(files.has(to), from, to)
      files.delete(from)
    },
    get: async (name) => files.get(name) ?? null,
    bring: (names, scratch) =>
      Promise.all(
        names.map(async (name) => {
          const content = files.get(name)
          if (!content) throw new Error(`${name} is not in the archive`)
          const path = join(scratch, `${hashOf([name])}.parquet`)
          await writeFile(path, content)
          return path
        }),
      ),
    remove: async (names) => {
      for (const name of names) files.delete(name)
    },
  }
}
