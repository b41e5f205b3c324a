/** The book's twin in memory. */
import type { ArchiveBook } from '../events/archive-book.ts'

export function memoryArchiveBook(): ArchiveBook {
  const marks = new Map<string, string>()
  return {
    mark: async (name) => marks.get(name) ?? '',
    putMark: async (name, position) => void marks.set(name, position),
  }
}
