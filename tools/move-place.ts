/** Where the last move to a stream ended: a small file in the data folder, replaced in one step. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the file holds is none of ours; the message is one line for a person. */
export class BadPlace extends Error {}

export type MovePlace = {
  /** '' where nothing was moved yet. @throws BadPlace */
  read(): string
  write(position: string): void
}

export function movePlace(data: string, stream: string): MovePlace {
  const file = join(data, `moved-to-${stream}.json`)
  return {
    read: () => {
      let text: string
      try {
        text = readFileSync(file, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
        throw new BadPlace(`${file} cannot be read: ${(error as Error).message}`)
      }
      const position = /^\{"position":"(\d{20})"\}\s*$/.exec(text)?.[1]
      if (position === undefined)
        throw new BadPlace(`${file} names no position; --from 0 moves everything once more`)
      return position
    },
    write: (position) => {
      const unfinished = `${file}.new`
      writeFileSync(unfinished, `${JSON.stringify({ position })}\n`)
      renameSync(unfinished, file)
    },
  }
}
