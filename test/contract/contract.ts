/** How a contract suite is laid out: one rule, one test, run on every adapter, with each shortfall written down. */
import { describe, expect, test } from 'vitest'

/** Rules that an adapter cannot keep, by the exact titles of their tests, and why. */
export type Skip = { reason: string; tests: string[] }
export type ContractOptions = { skip?: Skip[] }

export type Rule = (title: string, check: () => Promise<void>) => void

/** Runs the rules that `define` lays down. A skip that names no rule fails, so that the list cannot go stale. */
export function contract(name: string, { skip = [] }: ContractOptions, define: (rule: Rule) => void): void {
  describe(name, () => {
    const titles = new Set<string>()
    define((title, check) => {
      titles.add(title)
      const shortfall = skip.find((one) => one.tests.includes(title))
      if (shortfall) test.skip(`${title} [${shortfall.reason}]`, check)
      else test(title, check)
    })
    test('every shortfall names a rule', () => {
      expect(skip.flatMap((one) => one.tests).filter((title) => !titles.has(title))).toEqual([])
    })
  })
}
