/** The page's files, read once: a page that changes is a start that is new. */
import { readFile } from 'node:fs/promises'
import type { StaticPage } from '../api/ports.ts'
import { PAGE_FILES } from '../dashboard/page-files.ts'

export async function loadPages(): Promise<ReadonlyMap<string, StaticPage>> {
  const folder = new URL('../dashboard/', import.meta.url)
  const pages = PAGE_FILES.map(async ({ path, file, type }) => {
    const body = await readFile(new URL(file, folder), 'utf8')
    return [path, { type, body }] as const
  })
  return new Map(await Promise.all(pages))
}
