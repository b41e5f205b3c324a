/** Files of the archive that are kept on this machine for the next who asks: what expires in a day is asked for all day long. */
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import { hashOf } from '../events/hash.ts'
import { listedSizes } from './listed-sizes.ts'

/**
 * `bring` of files that were listed before asks for each once, as long as it has the same size: a file that a night has
 * rewritten since only has more in it. With more than `most_bytes` in the folder all of it goes first.
 */
export function keptFiles(files: ArchiveFiles, folder: string, most_bytes: number): ArchiveFiles {
  const { sizes, list } = listedSizes(files)

  async function bringOne(name: string, scratch: string): Promise<string> {
    const kept = join(folder, `${hashOf([name, sizes.get(name) ?? null])}.parquet`)
    if ((await stat(kept).catch(() => null)) === null) {
      const [path = ''] = await files.bring([name], scratch)
      await rename(path, kept)
    }
    const path = join(scratch, `${hashOf([name])}.parquet`)
    await link(kept, path)
    return path
  }

  return {
    ...files,
    list,
    bring: async (names, scratch) => {
      await mkdir(folder, { recursive: true })
      if ((await bytesIn(folder)) > most_bytes) {
        await rm(folder, { recursive: true })
        await mkdir(folder)
      }
      return Promise.all(names.map((name) => bringOne(name, scratch)))
    },
  }
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
