/** A bound on how many calls are under way at once: who comes later waits, in order. */

export type Gate = <T>(call: () => Promise<T>) => Promise<T>

export function createGate(most: number): Gate {
  const waiting: (() => void)[] = []
  let free = most
  return async (call) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await call()
    } finally {
      // The place is handed on, so that nobody who comes now takes it before those who wait.
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}

/** Waits until all have ended, then throws the first error there was: nothing of it goes on behind the caller's back. */
export async function allEnded<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(works)
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}
