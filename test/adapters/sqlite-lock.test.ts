import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderInUse, FolderUnusable, lockFolder } from '../../adapters/sqlite-lock.ts'
import { type TemporaryFolder, temporaryFolder } from '../contract/temporary-folder.ts'
import { type Child, runChild } from './child-process.ts'

let folder: TemporaryFolder
let child: Child | null = null
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await child?.kill()
  child = null
  await folder.remove()
})

function holdInChild(path: string): Child {
  return runChild(`
    import { lockFolder } from 'adapters/sqlite-lock.ts'
    try {
      lockFolder(${JSON.stringify(path)})
      console.log('held')
      setInterval(() => {}, 1000)
    } catch (error) {
      console.log(error.constructor.name + ': ' + error.message)
    }`)
}

test('a folder that another process holds is refused by name, and free when that process is killed', async () => {
  child = holdInChild(folder.path)
  expect(await child.nextLine()).toBe('held')
  expect(() => lockFolder(folder.path)).toThrow(FolderInUse)
  expect(() => lockFolder(folder.path)).toThrow(`the data folder ${folder.path} is in use`)
  await child.kill()
  lockFolder(folder.path).release()
})

test('a folder that this process holds is refused to another', async () => {
  const lock = lockFolder(folder.path)
  child = holdInChild(folder.path)
  expect(await child.nextLine()).toMatch(/^FolderInUse: /)
  lock.release()
})

test('a folder is held once, also within one process, and can be held again after release', () => {
  const lock = lockFolder(folder.path)
  expect(() => lockFolder(folder.path)).toThrow(FolderInUse)
  lock.release()
  lock.release()
  lockFolder(folder.path).release()
})

test('folders do not keep each other', () => {
  const locks = ['one', 'two'].map((name) => lockFolder(folder.file(name)))
  for (const lock of locks) lock.release()
})

test('a folder that is not there is made', () => {
  lockFolder(folder.file('deep/er/data')).release()
  expect(existsSync(folder.file('deep/er/data/lock.sqlite'))).toBe(true)
})

test('what can be no folder is refused by name', async () => {
  const file = folder.file('file')
  await writeFile(file, '')
  expect(() => lockFolder(file)).toThrow(FolderUnusable)
  expect(() => lockFolder(folder.file('file/below'))).toThrow(`the data folder ${file}/below cannot be used`)
})
