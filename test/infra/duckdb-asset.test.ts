/** What would be uploaded of the functions with DuckDB in them, opened. npm brings the package once, from its registry. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleFolder } from '../../infra/bundle.ts'
import { lambdaPackage } from '../../infra/lambda-packages.ts'

/** Of an unpacked function. Source: Lambda's guide, "Lambda quotas". */
const MOST_BYTES = 250 * 1024 * 1024
/** `e_machine` of AArch64. Source: the ELF specification of AArch64. */
const AARCH64 = 183

let offline = ''
beforeAll(() => {
  try {
    lambdaPackage('@duckdb/node-bindings-linux-arm64')
  } catch (error) {
    offline = (error as Error).message
  }
}, 120_000)

describe.each(['workflows/night.lambda.ts', 'processors/expired.lambda.ts'])('the asset of %s', (entry) => {
  it('has DuckDB for arm64 beside its handler, and fits', ({ skip }) => {
    skip(offline !== '', `the package is not here and npm cannot bring it: ${offline}`)
    const folder = bundleFolder(entry)
    for (const file of ['duckdb.node', 'libduckdb.so']) {
      const head = readFileSync(join(folder, file)).subarray(0, 64)
      expect(head.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
      // 64 bits, little-endian.
      expect([head[4], head[5]]).toEqual([2, 1])
      expect(head.readUInt16LE(18)).toBe(AARCH64)
    }
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeGreaterThan(40 * 1024 * 1024)
    expect(bytes).toBeLessThan(MOST_BYTES)
  })
})

it('a package that the lockfile does not name is not brought', () => {
  expect(() => lambdaPackage('@duckdb/nothing')).toThrow('is not in package-lock.json')
})
