/**
 * A night in a process of its own: `node night-process.ts DATA DAY NOW [step NAME | write N | whole]`, which kills itself as that
 * step begins, or behind its N-th write, or takes all rows in one batch. Exits with 1 where the night is not well.
 */
import { nightOf } from '../../embedded/night-home.ts'
import type { ArchiveFiles } from '../../events/archive.ts'

const [data = '', day = '', now = '', kind, at] = process.argv.slice(2)

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

let writes = 0

function counted(files: ArchiveFiles): ArchiveFiles {
  const counting = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
    return async (...args: A) => {
      const answer = await work(...args)
      if (kind === 'write' && ++writes === Number(at)) die()
      return answer
    }
  }
  const { put, putFile, move, remove } = files
  return {
    ...files,
    put: counting(put),
    putFile: counting(putFile),
    move: counting(move),
    remove: counting(remove),
  }
}

try {
  await nightOf({
    data,
    day,
    now: () => Number(now),
    retry_ms: 0,
    // So that some rows are batches enough to be spread over.
    ...(kind !== 'whole' && { batch_rows: 2 }),
    logger: { info() {}, warn() {}, error() {} },
    between: counted,
    onProgress: ({ step }) => {
      if (kind === 'step' && step === at) die()
    },
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
