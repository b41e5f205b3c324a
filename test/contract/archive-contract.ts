/** What every `ArchiveFiles` does. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect } from 'vitest'
import type { ArchiveFiles } from '../../events/archive.ts'
import { StoreFull } from '../../events/ports.ts'
import { type ContractOptions, contract } from './contract.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

export type ArchiveUnderTest = {
  files: ArchiveFiles
  /** Leaves no room for more. */
  fill(): Promise<void>
  dispose(): Promise<void>
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array | null) => content && new TextDecoder().decode(content)

export function archiveContract(
  name: string,
  make: () => Promise<ArchiveUnderTest>,
  options: ContractOptions = {},
): void {
  contract(`ArchiveFiles: ${name}`, options, (rule) => {
    let home: ArchiveUnderTest
    let scratch: TemporaryFolder
    beforeEach(async () => {
      scratch = await temporaryFolder()
      home = await make()
    })
    afterEach(async () => {
      await home.dispose()
      await scratch.remove()
    })

    rule('a file is read as it was put, every byte of it, and none where there is none', async () => {
      const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      await home.files.put('landing/2026/11/20/1-2.parquet', every)
      expect(new Uint8Array((await home.files.get('landing/2026/11/20/1-2.parquet')) ?? [])).toEqual(every)
      expect(await home.files.get('landing/2026/11/20/1-3.parquet')).toBeNull()
    })

    rule('what is put again replaces what was there', async () => {
      await home.files.put('a/b', bytes('first, and longer'))
      await home.files.put('a/b', bytes('second'))
      expect(text(await home.files.get('a/b'))).toBe('second')
      expect(await home.files.list('')).toEqual([{ name: 'a/b', bytes: 6 }])
    })

    rule('files are listed by the beginning of their names, in the order of their names', async () => {
      for (const one of ['b/2/x', 'b/1/y', 'b/10', 'c', 'b2']) await home.files.put(one, bytes(one))
      const names = async (prefix: string) => (await home.files.list(prefix)).map((file) => file.name)
      expect(await names('b/')).toEqual(['b/1/y', 'b/10', 'b/2/x'])
      expect(await names('b/1')).toEqual(['b/1/y', 'b/10'])
      expect(await names('b')).toEqual(['b/1/y', 'b/10', 'b/2/x', 'b2'])
      expect(await names('d')).toEqual([])
    })

    rule('more files than one page of a list are all listed', async () => {
      const all = Array.from({ length: 1_203 }, (_, n) => `many/${String(n).padStart(4, '0')}`)
      for (let from = 0; from < all.length; from += 50)
        await Promise.all(all.slice(from, from + 50).map((one) => home.files.put(one, bytes('x'))))
      expect((await home.files.list('many/')).map((file) => file.name)).toEqual(all)
      await home.files.remove(all)
      expect(await home.files.list('')).toEqual([])
    })

    rule('a file of this machine is put, and brought back', async () => {
      await writeFile(scratch.file('made'), 'made here')
      await home.files.putFile('2026/11/20/a%2Fb/events.parquet', scratch.file('made'))
      await mkdir(scratch.file('brought'))
      const [path = ''] = await home.files.bring(['2026/11/20/a%2Fb/events.parquet'], scratch.file('brought'))
      expect(await readFile(path, 'utf8')).toBe('made here')
    })

    rule('what is not there cannot be brought', async () => {
      const missing = async () => readFile((await home.files.bring(['nothing'], scratch.path))[0] ?? '')
      await expect(missing()).rejects.toThrow()
    })

    rule('a move replaces what was there, and once done may be done again', async () => {
      await home.files.put('to', bytes('before'))
      await home.files.put('staging/from', bytes('after'))
      await home.files.move('staging/from', 'to')
      await home.files.move('staging/from', 'to')
      expect(text(await home.files.get('to'))).toBe('after')
      expect(await home.files.list('staging/')).toEqual([])
    })

    rule('a move of what never was is refused', async () => {
      await expect(home.files.move('staging/nothing', 'nowhere')).rejects.toThrow('neither')
    })

    rule('what is removed is gone, and may be removed again', async () => {
      await home.files.put('a/b/c', bytes('x'))
      await home.files.put('a/d', bytes('y'))
      await home.files.remove(['a/b/c'])
      await home.files.remove(['a/b/c'])
      expect(await home.files.list('')).toEqual([{ name: 'a/d', bytes: 1 }])
    })

    rule('a name that leads out of the archive is refused', async () => {
      for (const name of ['../x', 'a/../../x', '/x', 'a//x', './x', '']) {
        await expect(home.files.put(name, bytes('x'))).rejects.toThrow('no name in the archive')
      }
    })

    rule('an archive without room refuses the file and keeps what it has', async () => {
      await home.files.put('kept', bytes('kept'))
      await home.fill()
      await expect(home.files.put('refused', bytes('refused'))).rejects.toThrow(StoreFull)
      expect(text(await home.files.get('kept'))).toBe('kept')
      expect(await home.files.list('')).toEqual([{ name: 'kept', bytes: 4 }])
    })
  })
}
