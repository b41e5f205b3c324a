/** Ratios within one run on a noisy machine: contestants take turns, and each is judged by the median of its rounds. */

export type Contestant = { name: string; run: () => unknown | Promise<unknown>; per_round: number }
export type Timed = { name: string; ns_per_event: number }

/**
 * Median nanoseconds an event of each contestant, after one round to warm up. `between` runs before each turn, outside
 * of its time: to collect what the one before has left, for one.
 */
export async function race(
  contestants: readonly Contestant[],
  rounds: number,
  between: () => void = () => undefined,
): Promise<Timed[]> {
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run, per_round } of contestants) {
      between()
      const start = process.hrtime.bigint()
      await run()
      const ns = Number(process.hrtime.bigint() - start) / per_round
      if (round > 0) times.get(name)?.push(ns)
    }
  }
  return contestants.map(({ name }) => ({ name, ns_per_event: median(times.get(name) ?? []) }))
}

/**
 * The same by CPU time of all threads of the process, the least of the rounds: busy cores make a contestant wait, and
 * work for longer, and never for less.
 */
export async function raceCpu(contestants: readonly Contestant[], rounds: number): Promise<Timed[]> {
  const least = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    for (const { name, run, per_round } of contestants) {
      const before = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(before)
      const ns = ((user + system) * 1_000) / per_round
      least.set(name, Math.min(ns, least.get(name) ?? Number.POSITIVE_INFINITY))
    }
  }
  return contestants.map(({ name }) => ({ name, ns_per_event: least.get(name) ?? Number.NaN }))
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** A table for people: each contestant's cost, and its ratio to the first. */
export function showRace(title: string, timed: readonly Timed[]): void {
  const first = timed[0]?.ns_per_event ?? 1
  console.log(`\n${title}`)
  for (const { name, ns_per_event } of timed) {
    const rate = Math.round(1e9 / ns_per_event).toLocaleString('en')
    const ratio = (ns_per_event / first).toFixed(2)
    console.log(
      `  ${name.padEnd(44)} ${Math.round(ns_per_event).toString().padStart(7)} ns  ${rate.padStart(9)} /s  ×${ratio}`,
    )
  }
}
