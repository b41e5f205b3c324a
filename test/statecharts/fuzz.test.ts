import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const fuzz = (...flags: string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('./fuzz.ts', import.meta.url)), ...flags], {
    encoding: 'utf8',
  })

test('a campaign that finds nothing says what it tried', () => {
  const { status, stderr, stdout } = fuzz('--minutes', '0.02', '--seed', '7')
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(stderr).toMatch(/seeds 7 to \d+: \{"machines":\d+/)
})

test('one that finds something prints a test to paste, cut small', () => {
  const { status, stdout } = fuzz('--planted', 'a done event is lost')
  expect(status).toBe(1)
  expect(stdout).toContain('const machine = machineFrom({')
  expect(stdout).toContain('expect(disagreement(machine, moves)).toBeNull()')
  expect(stdout.split('\n').length).toBeLessThan(60)
})

test('flags that cannot be followed are one line and exit 2', () => {
  const { status, stderr } = fuzz('--minutes', 'ten')
  expect(status).toBe(2)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
