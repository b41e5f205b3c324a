/** Many arrivals on their way at once, so that they share commits, and never more than so many. */

export type Window = {
  /** Takes one more; waits first where too many are on their way. Rejects when one of those before it was refused. */
  add(arrival: Promise<unknown>): Promise<void>
  /** Resolves when all have arrived. */
  drain(): Promise<void>
}

/** Four commits of a front door's group. */
const MOST_ARRIVALS = 4_000

export function createWindow(most = MOST_ARRIVALS): Window {
  let under_way: Promise<unknown>[] = []

  async function drain(): Promise<void> {
    const all = under_way
    under_way = []
    await Promise.all(all)
  }

  return {
    drain,
    add: async (arrival) => {
      under_way.push(arrival)
      // One may fail while nobody waits for it yet; `drain` hears of it all the same.
      arrival.catch(() => {})
      if (under_way.length >= most) await drain()
    },
  }
}
