import { describe, expect, it } from 'vitest'
import { filesOf } from '../../embedded/folder.ts'
import { archived, fleetRecords, folderWith, newFolder, replay } from './replay-world.ts'

describe('npm run replay --archive', () => {
  it('prints the records of the log, and verifies and repairs by them', async () => {
    const data = await folderWith(fleetRecords(41, 'orderly'))
    await archived(data)
    const log = await replay('print', '--log', data)
    const printed = await replay('print', '--archive', data)
    expect(printed).toEqual(log)
    expect(await replay('verify', '--archive', data, '--data', data)).toMatchObject({ code: 0, err: '' })
    const fresh = newFolder()
    expect((await replay('repair', '--archive', filesOf(data).archive, '--data', fresh, '--yes')).code).toBe(
      0,
    )
    expect((await replay('verify', '--log', data, '--data', fresh, '--threads', '1')).code).toBe(0)
    const range = ['--from', '2026-01-05T12:00Z', '--to', '2026-01-06T00:00Z', '--device', 'sim-evse-01']
    const some = await replay('print', '--archive', data, ...range)
    expect(some).toEqual(await replay('print', '--log', data, ...range))
    expect(some.out.length).toBeGreaterThan(100)
    expect((await replay('print', '--archive', 'no/such/folder')).err).toContain('there is no archive')
  }, 120_000)
})
