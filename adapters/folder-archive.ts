/** The archive in a folder: a file appears under its name whole and durable, or not at all. */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArchiveFile, ArchiveFiles } from '../events/archive.ts'
import { StoreFull } from '../events/ports.ts'
import { assertMoved, assertName } from './archive-names.ts'

/** What has no name yet; what a crash left of it is overwritten, and listed by nobody. */
const UNFINISHED = '.unfinished'

export function folderArchive(root: string): ArchiveFiles {
  const pathOf = (name: string) => {
    assertName(name)
    return join(root, name)
  }

  async function put(name: string, content: Uint8Array): Promise<void> {
    const path = pathOf(name)
    await mendFull(async () => {
      await mkdir(dirname(path), { recursive: true })
      await writeDurably(path + UNFINISHED, content)
      await finish(path + UNFINISHED, path)
    }, path)
  }

  async function putFile(name: string, from: string): Promise<void> {
    const path = pathOf(name)
    await mendFull(async () => {
      await mkdir(dirname(path), { recursive: true })
      const handle = await open(from, 'r+')
      await closing(handle, () => handle.sync())
      await finish(from, path).catch(async (error: NodeJS.ErrnoException) => {
        // Of another file system it cannot be moved.
        if (error.code !== 'EXDEV') throw error
        await put(name, await readFile(from))
      })
    }, path)
  }

  return {
    list: (prefix) => listUnder(root, prefix),
    put,
    putFile,
    move: async (from, to) => {
      const [source, target] = [pathOf(from), pathOf(to)]
      await mkdir(dirname(target), { recursive: true })
      const moved = await finish(source, target).then(() => true, nullWhereAbsent)
      if (!moved) assertMoved((await stat(target).catch(nullWhereAbsent)) !== null, from, to)
      await removeEmpty(root, dirname(from))
    },
    get: (name) => readFile(pathOf(name)).catch(nullWhereAbsent),
    bring: async (names) => names.map(pathOf),
    remove: async (names) => {
      for (const name of names) {
        await rm(pathOf(name), { force: true })
        await removeEmpty(root, dirname(name))
      }
    },
  }
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const handle = await open(path, 'w')
  await closing(handle, async () => {
    await handle.writeFile(content)
    await handle.sync()
  })
}

async function finish(from: string, to: string): Promise<void> {
  await rename(from, to)
  const folder = await open(dirname(to), 'r')
  await closing(folder, () => folder.sync())
}

async function closing(handle: FileHandle, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } finally {
    await handle.close()
  }
}

async function mendFull(work: () => Promise<void>, path: string): Promise<void> {
  try {
    await work()
  } catch (error) {
    await rm(path + UNFINISHED, { force: true })
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new StoreFull('the archive’s disk is full', { cause: error })
    throw error
  }
}

/** Only the folders that the prefix leads into are walked. */
async function listUnder(root: string, prefix: string): Promise<ArchiveFile[]> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const found: ArchiveFile[] = []
  async function walk(at: string): Promise<void> {
    const entries = await readdir(join(root, at), { withFileTypes: true }).catch(nullWhereAbsent)
    for (const entry of entries ?? []) {
      const name = at + entry.name
      if (entry.isDirectory()) {
        if (name.startsWith(prefix) || prefix.startsWith(`${name}/`)) await walk(`${name}/`)
      } else if (name.startsWith(prefix) && !name.endsWith(UNFINISHED)) {
        const { size } = await stat(join(root, name))
        found.push({ name, bytes: size })
      }
    }
  }
  await walk(folder)
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** An empty folder says nothing, and would be walked again every night. */
async function removeEmpty(root: string, folder: string): Promise<void> {
  for (let at = folder; at !== '.' && at !== ''; at = dirname(at)) {
    const gone = await rmdir(join(root, at)).then(
      () => true,
      () => false,
    )
    if (!gone) return
  }
}

function nullWhereAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}
