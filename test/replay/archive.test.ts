/** The archive says what the log says, to the byte: printed, folded, by device, day, place and type, by any number of threads. */
import { beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from '../../embedded/folder.ts'
import { type ArchivedHistory, archivedHistory, HOUR, START } from './archive-world.ts'
import { folderWith, newFolder, replay } from './replay-world.ts'

let history: ArchivedHistory
beforeAll(async () => {
  history = await archivedHistory(41)
}, 240_000)

const time = (hours: number) => `${START + hours * HOUR}`
const DAY = ['--from', time(24), '--to', time(48)]

describe('npm run replay -- print --archive', () => {
  it.each<[string, ...string[]]>([
    ['everything'],
    ['a day', ...DAY],
    ['some hours that what is late comes into', '--from', time(5.5), '--to', time(7.25), '--margin', '3d'],
    ['days behind the last that was compacted', '--from', time(47)],
    ['a device', '--device', 'sim-evse-01'],
    ['a device on a day', '--device', 'sim-evse-02', ...DAY],
    ['a device behind a wireless id', '--device', 'away-1'],
    ['the device that it went to, on a day', '--device', 'away-2', ...DAY],
    ['a pair', '--type', 'pair', ...DAY],
    ['a type', '--type', 'state_change'],
    ['configurations for a day', '--type', 'config', ...DAY],
    ['what sweeps said of a time', '--type', 'until', '--from', time(5), '--to', time(7)],
    ['a location', '--location', 'yard'],
    ['a location on a day, configured before it', '--location', 'site_1', ...DAY],
    ['a location, a type and a day', '--location', 'site_2', '--type', 'telemetry', ...DAY],
    ['nothing', '--device', 'nobody'],
  ])(
    '%s',
    async (_, ...flags) => {
      const log = await replay('print', '--file', history.file, ...flags)
      expect(log).toMatchObject({ code: 0, err: '' })
      same(await replay('print', '--archive', history.data, ...flags), log)
      if (!flags.includes('nobody')) expect(log.out.length).toBeGreaterThan(100)
    },
    120_000,
  )
})

it('prints lines of the log, with the places that they have in it', async () => {
  const { out } = await replay('print', '--archive', history.data)
  const lines = new Set((await replay('print', '--log', history.data)).out.split('\n'))
  expect(out.split('\n').filter((line) => !lines.has(line))).toEqual([])
}, 60_000)

describe('npm run replay -- verify --archive', () => {
  it.each<[string, ...string[]]>([
    ['everything'],
    ['a day', ...DAY],
    ['a day and what came in until its end', ...DAY, '--margin', '1s'],
    ['a device', '--device', 'sim-evse-01'],
    ['a device behind a wireless id, on a day', '--device', 'away-2', ...DAY],
    ['a location', '--location', 'site_1'],
  ])(
    '%s, with one thread and with two',
    async (_, ...flags) => {
      // Against a store that has nothing, so that the report is full.
      const into = ['--data', await folderWith([]), '--json', '-', ...flags]
      const log = await replay('verify', '--file', history.file, '--threads', '1', ...into)
      expect(log.out).toContain('"appear"')
      for (const threads of ['1', '2'])
        same(await replay('verify', '--archive', history.data, '--threads', threads, ...into), log)
    },
    240_000,
  )

  it('is the same as what is stored', async () => {
    const { data, file } = history
    const log = await replay('verify', '--file', file, '--data', data)
    expect(log.code).toBe(0)
    same(await replay('verify', '--archive', data, '--data', data), log)
  }, 120_000)
})

it('repairs an empty folder to what the log comes to', async () => {
  const fresh = newFolder()
  const { data } = history
  const { archive } = filesOf(data)
  expect((await replay('repair', '--archive', archive, '--data', fresh, '--yes')).code).toBe(0)
  expect((await replay('verify', '--log', data, '--data', fresh, '--threads', '1')).code).toBe(0)
}, 120_000)

it('refuses a folder that is none', async () => {
  const { code, err } = await replay('print', '--archive', 'no/such/folder')
  expect([code, err]).toEqual([2, expect.stringMatching(/^replay: there is no archive in \S+\n$/)])
})

type Run = Awaited<ReturnType<typeof replay>>

/** Line by line, so that what differs can be read. The file numbers its lines anew. */
function same(archive: Run, file: Run): void {
  const [told, expected] = [archive, file].map(({ out }) =>
    out.replaceAll(/"position":"\d+",/g, '').split('\n'),
  ) as [string[], string[]]
  const at = expected.findIndex((line, n) => line !== told[n])
  expect([at, told[at], told.length]).toEqual([at, expected[at], expected.length])
  expect({ ...archive, out: '' }).toEqual({ ...file, out: '' })
}
