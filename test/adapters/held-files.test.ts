import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { heldFiles, ScratchTooSmall } from '../../adapters/held-files.ts'
import { memoryArchive } from '../../adapters/memory-archive.ts'
import type { ArchiveFiles } from '../../events/archive.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'

async function threeFiles() {
  const folder = await temporaryFolder()
  const files = memoryArchive()
  for (const name of ['a', 'b', 'c']) await files.put(name, new TextEncoder().encode(name.repeat(100)))
  const asked: string[] = []
  const counted: ArchiveFiles = {
    ...files,
    bring: async (names, scratch) => {
      asked.push(...names)
      return files.bring(names, scratch)
    },
  }
  await mkdir(folder.file('held'))
  const held = heldFiles(counted, folder.file('held'), 200)
  await held.list('')
  return { held, asked, folder }
}

test('a file is asked for once while there is room, and what was not asked for lately goes first', async () => {
  const { held, asked, folder } = await threeFiles()
  const [a = '', b = ''] = await held.bring(['a', 'b'], '')
  expect(await readFile(b, 'utf8')).toBe('b'.repeat(100))
  await held.bring(['a'], '')
  const [c = '', again] = await held.bring(['c', 'a'], '')
  expect(asked).toEqual(['a', 'b', 'c'])
  expect([again, existsSync(a), existsSync(b), existsSync(c)]).toEqual([a, true, false, true])
  expect(await readFile((await held.bring(['b'], ''))[0] ?? '', 'utf8')).toBe('b'.repeat(100))
  expect(asked).toEqual(['a', 'b', 'c', 'b'])
  await folder.remove()
})

test('more than may lie here at once is refused with both figures, before any of it is brought', async () => {
  const { held, asked, folder } = await threeFiles()
  const refused = held.bring(['a', 'b', 'c'], '')
  await expect(refused).rejects.toThrow(ScratchTooSmall)
  await expect(refused).rejects.toThrow('0.0 MB of it are needed at once, and 0.0 MB may lie here')
  expect(asked).toEqual([])
  await folder.remove()
})
