import { afterEach, beforeEach, expect, it } from 'vitest'
import { runNightly } from '../../tools/nightly-command.ts'
import { charger, NOON } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'

let home: NightHome
let out = ''
let complaints = ''
beforeEach(async () => {
  home = await createNightHome()
  out = ''
  complaints = ''
})
afterEach(() => home.close())

const run = (...argv: string[]) =>
  runNightly(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (complaints += text) },
    now: () => NOON + 86_400_000,
  })

it('runs the night of a day, says what it did in one line, and is quiet in a pipe', async () => {
  await home.take([charger(1, NOON), charger(2, NOON), charger(3, NOON + 1)])
  expect(await run('--day', '2026-11-20', '--data', home.data)).toBe(0)
  expect(JSON.parse(out)).toEqual({ day: '2026-11-20', rows: 3, copies: 1, partitions: 1 })
  expect(complaints).toBe('')
})

it.each([
  [['--day', '2026-11-31'], '--day: "2026-11-31" is no date'],
  [['--day', '2026-12-01'], '--day: "2026-12-01" is in the future'],
  [['--day', '2026-11-21'], 'is not over yet'],
  [[], "required option '--day <date>'"],
  [['--day', '2026-11-20', '--nights', '3'], "unknown option '--nights'"],
])('refuses %j with one line, and exits with 2', async (flags, says) => {
  expect(await run('--data', home.data, ...flags)).toBe(2)
  expect(complaints).toContain(says)
  expect(complaints.trim().split('\n').length).toBe(1)
})

it('refuses a folder without a log', async () => {
  expect(await run('--day', '2026-11-20', '--data', `${home.data}/nothing`)).toBe(2)
  expect(complaints).toContain('holds no log')
})

it('exits with 1 where a record is missing, and names the manifest', async () => {
  await home.take([charger(1, NOON)])
  await home.files.remove(await home.names('landing/'))
  expect(await run('--day', '2026-11-20', '--data', home.data)).toBe(1)
  expect(complaints).toContain('manifests/2026-11-20.json')
})
