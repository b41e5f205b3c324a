/** How big files of an archive are, by what was said when they were listed. */
import type { ArchiveFiles } from '../events/archive.ts'

/** `list` in place of the archive's own; `sizes`: bytes by name of all that it has listed. */
export function listedSizes(files: Pick<ArchiveFiles, 'list'>) {
  const sizes = new Map<string, number>()
  const list: ArchiveFiles['list'] = async (prefix) => {
    const listed = await files.list(prefix)
    for (const { name, bytes } of listed) sizes.set(name, bytes)
    return listed
  }
  return { sizes, list }
}
