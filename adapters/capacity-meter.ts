/** What the adapters ask of DynamoDB and Kinesis, counted: requests, capacity units, and what had to be tried again. */

export type Spent = {
  requests: number
  /** As the service says: write units of 1 KB, read units of 4 KB, for Kinesis put units of 25 KB. */
  units: number
}

export type CapacityMeter = {
  /** `what` is an operation, `on` a table, or a table and its index as `table/index`. */
  spend(what: string, on: string, spent: Spent): void
  retried(what: string): void
  /** By `what on`. */
  spent(): Record<string, Spent>
  retries(): Record<string, number>
}

export function createCapacityMeter(): CapacityMeter {
  const totals = new Map<string, Spent>()
  const retries = new Map<string, number>()
  return {
    spend: (what, on, { requests, units }) => {
      const name = `${what} ${on}`
      const total = totals.get(name) ?? { requests: 0, units: 0 }
      totals.set(name, { requests: total.requests + requests, units: total.units + units })
    },
    retried: (what) => void retries.set(what, (retries.get(what) ?? 0) + 1),
    spent: () => Object.fromEntries(totals),
    retries: () => Object.fromEntries(retries),
  }
}
