/** The same history, from the log of a data folder, the log itself, and its archive. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { archived, fleetRecords, folderWith } from '../replay/replay-world.ts'
import { type ImpactRepo, impactRepo } from './impact-repo.ts'

let repo: ImpactRepo
beforeAll(async () => {
  repo = await impactRepo()
})
afterAll(() => repo?.remove())

it('comes to the same from a log and from an archive, and refuses days that the archive does not have', async () => {
  const data = await folderWith(fleetRecords(17, 'normal', ['--shared-circuits', '1']))
  await archived(data)
  repo.edit('statecharts/hvac-memory.ts', 'SILENCE_MS = 7 * 86_400_000', 'SILENCE_MS = 600_000')
  repo.edit('statecharts/evse-memory.ts', 'FAULT_CLOSE_DEFAULT_S = 900', 'FAULT_CLOSE_DEFAULT_S = 60')
  const run = (...source: string[]) => repo.report('--base', 'main', '--no-page', ...source)
  const byLog = await run('--log', data)
  expect(byLog.code).toBe(1)
  expect(byLog.report.records).toBeGreaterThan(500)
  expect(byLog.report.differences.length).toBeGreaterThan(1)
  expect(await run('--log', join(data, 'log.sqlite'))).toEqual(byLog)
  expect(await run('--archive', data)).toEqual(byLog)
  const { code, err } = await repo.impact(
    ...['--base', 'main', '--archive', data, '--from', '2027-01-01', '--to', '2027-02-01'],
  )
  expect(code).toBe(2)
  expect(err).toMatch(
    /^impact: the archive in .* holds nothing from 2027-01-01 to 2027-02-01: what was received from 2027-02-08 on is not read, unless --margin is longer\n$/,
  )
}, 240_000)
