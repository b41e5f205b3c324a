/** `npm run impact` as the process that it is, in a repository whose charts are changed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { telemetryTopic } from '../../events/topics.ts'
import { parseImpactOptions } from '../../tools/impact-options.ts'
import { BadFlags } from '../../tools/import-options.ts'
import { type ImpactRepo, impactRepo, linesOf } from './impact-repo.ts'

const T0 = Date.UTC(2026, 9, 10, 8)
const MINUTE = 60_000
const CHART = 'statecharts/evse-session.ts'
const DELAY = 'fault_stays: ({ context }) => context.fault_close_ms,'

const evse = (device_id: string, minutes: number, pilot_state: string, kwh: number) => ({
  at: T0 + minutes * MINUTE,
  topic: telemetryTopic('evse', device_id),
  device_id,
  device_type: 'evse',
  event_type: 'state_change',
  pilot_state,
  energy_delivered_kwh: kwh,
})
const thermostat = (minutes: number, heating_call: boolean) => ({
  at: T0 + minutes * MINUTE,
  topic: telemetryTopic('thermostat', 't-1'),
  device_id: 't-1',
  device_type: 'thermostat',
  event_type: 'state_change',
  heating_call,
  cooling_call: false,
})

/** One session with a fault of ten minutes in it, one without; a cycle. */
const HISTORY = linesOf([
  evse('c-1', -1, 'A', 0),
  evse('c-2', -1, 'A', 0),
  thermostat(-1, false),
  evse('c-1', 0, 'C', 0),
  evse('c-2', 0, 'C', 0),
  thermostat(0, true),
  thermostat(30, false),
  evse('c-1', 60, 'F', 6),
  evse('c-1', 70, 'C', 6),
  evse('c-2', 90, 'A', 9),
  evse('c-1', 100, 'A', 9),
])

let repo: ImpactRepo

beforeAll(async () => {
  repo = await impactRepo()
  repo.write('history.ndjson', HISTORY)
})
beforeEach(async () => {
  await repo.git('checkout', '-q', '-f', 'main')
})
afterAll(() => repo?.remove())

describe('npm run impact', () => {
  const run = (...args: string[]) => repo.report('--base', 'main', '--file', 'history.ndjson', ...args)
  const edited = () => repo.edit(CHART, DELAY, 'fault_stays: 300_000,')

  it('finds nothing where nothing has changed, in one fold, and says what the history comes to', async () => {
    const { code, report } = await run('--no-page')
    expect(code).toBe(0)
    expect(report).toMatchObject({ changed_files: [], same: 3, devices: 3, differences: [] })
    expect(report.charts.every(({ differs }) => !differs)).toBe(true)
    expect(report.before).toEqual(report.after)
    expect(report.after).toMatchObject({ sessions: 2, cycles: 1, energy_kwh: 18, cycle_s: 1800 })
    // 60 and 30 minutes of the one, 90 of the other.
    expect(report.after.charging_s).toBe(180 * 60)
  }, 120_000)

  it('finds the session that a shorter delay splits, and no other; one that it merges, the other way round', async () => {
    edited()
    const { code, report } = await run('--no-page')
    expect(code).toBe(1)
    expect(report.changed_files).toEqual([CHART])
    expect(report.found).toEqual({ appear: 0, vanish: 0, split: 1, merge: 0, change: 0, recut: 0 })
    expect(report).toMatchObject({ same: 2, before: { sessions: 2 }, after: { sessions: 3, energy_kwh: 18 } })
    expect(report.differences.map(({ device_id }) => device_id)).toEqual(['c-1'])
    const [one] = report.differences[0]?.differences ?? []
    const spans = (side: { started_at: number; ended_at: number | null }[] = []) =>
      side.map(({ started_at, ended_at }) => [started_at, ended_at].map((at) => ((at ?? 0) - T0) / MINUTE))
    expect(one?.what).toBe('split')
    expect(spans(one?.before)).toEqual([[0, 100]])
    expect(spans(one?.after)).toEqual([
      [0, 65],
      [70, 100],
    ])
    const chart = report.charts.find(({ id }) => id === 'evse-session')
    expect(chart).toMatchObject({ differs: true, before: 1, after: 1 })
    expect(chart?.lines.join('\n')).toContain('~ delay fault_stays')

    await repo.git('checkout', '-q', '-b', 'shorter')
    await repo.commit('close faulted sessions sooner')
    await repo.git('checkout', '-q', 'main')
    const back = await repo.report('--base', 'shorter', '--file', 'history.ndjson', '--no-page')
    expect(back.report.found).toMatchObject({ split: 0, merge: 1 })
  }, 120_000)

  it('says the same however many threads have read', async () => {
    edited()
    const one = await run('--no-page', '--threads', '1')
    const three = await run('--no-page', '--threads', '3')
    expect(three).toEqual(one)
  }, 120_000)

  it('tells of the range alone, and refuses one in which nothing was said', async () => {
    edited()
    const earlier = await run('--no-page', '--from', '2026-10-09', '--to', '2026-10-10')
    expect(earlier).toMatchObject({ code: 1, report: { differences: [], before: { sessions: 0 } } })
    const later = await run('--no-page', '--from', '2026-10-10', '--to', '2026-10-11', '--device', 'c-1')
    expect(later.report).toMatchObject({ found: { split: 1 }, same: 0, devices: 1 })
    const { code, err } = await repo.impact(
      ...['--base', 'main', '--file', 'history.ndjson', '--from', '2027-01-01', '--to', '2027-02-01'],
    )
    expect(code).toBe(2)
    expect(err).toMatch(
      /^impact: the file .*history\.ndjson holds nothing from 2027-01-01 to 2027-02-01: what was received from 2027-02-08 on is not read, unless --margin is longer\n$/,
    )
  }, 120_000)

  it('says where the code differs and nothing else does', async () => {
    repo.edit('energy/hvac.ts', '/**', '/** Said otherwise.\n *')
    const { code, report } = await run('--no-page')
    expect(code).toBe(0)
    expect(report).toMatchObject({ changed_files: ['energy/hvac.ts'], differences: [], same: 3 })
  }, 120_000)

  it('writes a page with both charts and an example, and leaves nothing behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('pilotline-revision-'))
    edited()
    const { code, out } = await repo.impact('--base', 'main', '--file', 'history.ndjson')
    expect(code).toBe(1)
    expect(out).toContain('1 would split')
    const page = readFileSync(join(repo.folder, 'impact.html'), 'utf8')
    expect(page.match(/<svg /g)).toHaveLength(2)
    expect(page).toContain('id="evse-session-before-tip-changed"')
    const [, json = '[]'] = /id="examples">(.*?)<\/script>/.exec(page) ?? []
    const [example] = JSON.parse(json)
    expect(example).toMatchObject({ device_id: 'c-1', chart: 'evse-session', instance: 'session' })
    const states = (side: 'before' | 'after') =>
      example.steps.map((step: Record<string, { state: string }>) => step[side]?.state)
    expect(states('before')).toEqual(states('after'))
    expect(example.steps.map((step: { differs: boolean }) => step.differs)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ])
    const fired = example.steps[3].after.heard.map(({ text }: { text: string }) => text)
    expect(fired).toEqual([expect.stringContaining('timer fault_stays'), 'pilot.C'])
    expect(existsSync(join(repo.folder, '.git', 'worktrees'))).toBe(false)
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('pilotline-revision-'))
    expect(after.filter((name) => !before.includes(name))).toEqual([])
  }, 120_000)
})

describe('npm run impact refuses in one line, with exit 2', () => {
  const refused = async (...args: string[]) => {
    const { code, out, err } = await repo.impact(...args)
    expect(err).toMatch(/^impact: [^\n]+\n$/)
    expect([code, out]).toEqual([2, ''])
    return err
  }
  const from = (base: string) => refused('--base', base, '--file', 'history.ndjson', '--no-page')

  it('what is no revision, and no source', async () => {
    expect(await from('no-such-branch')).toContain('there is no revision "no-such-branch"')
    expect(await from('--all')).toContain('there is no revision "--all"')
    expect(await refused('--base', 'main', '--file', 'gone.ndjson')).toContain('there is none of that name')
    expect(await refused('--base', 'main', '--archive', 'gone')).toContain('there is no archive in')
  }, 120_000)

  it('flags that make no sense', () => {
    const flags = (...args: string[]) => {
      expect(() => parseImpactOptions(args, () => {})).toThrow(BadFlags)
      try {
        parseImpactOptions(args, () => {})
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(flags('--base', 'main')).toContain('give one source')
    expect(flags('--file', 'a')).toContain('--base')
    expect(flags('--base', ' ', '--file', 'a')).toContain('--base')
    expect(flags('--base', 'main', '--file', 'a', '--from', 'noon')).toContain('--from')
    expect(flags('--base', 'main', '--file', 'a', '--from', '2026-11-01', '--to', '2026-10-01')).toContain(
      '--to',
    )
    expect(flags('--base', 'main', '--file', 'a', '--examples', 'all')).toContain('--examples')
  })

  it('a chart that does not compile, on either side, by its file', async () => {
    repo.edit(CHART, 'setup({', 'setup({{')
    const here = await from('main')
    expect(here).toContain('the charts of the working tree do not compile: ')
    expect(here).toContain(CHART)
    await repo.git('checkout', '-q', '-b', 'broken')
    await repo.commit('a brace too many')
    repo.edit(CHART, 'setup({{', 'setup({')
    expect(await from('broken')).toContain('the charts of broken do not compile: ')
    repo.edit(CHART, "guard: 'sameSession'", "guard: 'someSession'")
    expect(await from('main')).toMatch(/the working tree do not compile: evse-session: .*someSession/)
  }, 120_000)

  it('a revision from before there was a fold to run', async () => {
    await repo.git('checkout', '-q', '-f', '--orphan', 'old')
    await repo.git('rm', '-q', '--cached', 'processors/replay-fold.ts')
    await repo.git('commit', '-q', '-m', 'before the replay')
    await repo.git('checkout', '-q', '-f', 'main')
    expect(await from('old')).toContain('it is older than processors/replay-fold.ts')
  }, 120_000)
})
