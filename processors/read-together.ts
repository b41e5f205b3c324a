/** One reading of a source for several folds at once: each batch is read once, and the next when all have done with it. */
import type { ReplayBatch, ReplaySource } from './replay-source.ts'

type Skip = ((topic: string) => boolean) | undefined
type Waiting = {
  resolve: (result: IteratorResult<ReplayBatch>) => void
  reject: (error: unknown) => void
}

/**
 * As many sources as there are readers. What each asks for first is read together, without the topics that all of them
 * skip; whoever asks once more has the source to itself.
 */
export function readTogether(source: ReplaySource, readers: number): ReplaySource[] {
  const skips: Skip[] = []
  const waiting = new Map<number, Waiting>()
  const reading = new Set(Array.from({ length: readers }, (_, nth) => nth))
  let batches: AsyncIterator<ReplayBatch> | null = null

  function open(): AsyncIterator<ReplayBatch> {
    const all = skips.every((skip) => skip !== undefined)
    const skip = all ? (topic: string) => skips.every((one) => one?.(topic)) : undefined
    return source.batches(skip)[Symbol.asyncIterator]()
  }

  async function readNext(): Promise<void> {
    const asked = [...waiting.values()]
    waiting.clear()
    try {
      batches ??= open()
      const result = await batches.next()
      for (const { resolve } of asked) resolve(result)
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }

  function next(nth: number): Promise<IteratorResult<ReplayBatch>> {
    return new Promise((resolve, reject) => {
      waiting.set(nth, { resolve, reject })
      if (waiting.size === reading.size) void readNext()
    })
  }

  async function leave(nth: number): Promise<void> {
    if (!reading.delete(nth)) return
    if (reading.size === 0) await batches?.return?.()
    else if (waiting.size === reading.size) void readNext()
  }

  async function* together(nth: number): AsyncGenerator<ReplayBatch> {
    try {
      for (let turn = await next(nth); !turn.done; turn = await next(nth)) yield turn.value
    } finally {
      await leave(nth)
    }
  }

  return Array.from({ length: readers }, (_, nth) => {
    let begun = false
    return {
      batches: (skip) => {
        if (begun) return source.batches(skip)
        begun = true
        skips[nth] = skip
        return together(nth)
      },
    }
  })
}
