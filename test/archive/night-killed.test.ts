/** Nights in processes of their own, which are killed, and which run out of room: by the machine, not by a stand-in. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import type { NightStep } from '../../workflows/night-tasks.ts'
import { charger, NOON } from './archived-records.ts'
import { AFTER_SECOND, octoberDays, SECOND as SECOND_OF_NOVEMBER, saidOfOctober } from './month-world.ts'
import { createNightHome, type NightHome } from './night-home.ts'

const HOUR = 3_600_000
const SCRIPT = fileURLToPath(new URL('./night-process.ts', import.meta.url))
const homes: NightHome[] = []
afterAll(async () => {
  for (const home of homes) await home.close()
})

type Ended = { code: number | null; signal: string | null; complaint: string }

/** `file_kb`: no file may grow beyond it, as on a disk that is full. */
async function nightAlone(data: string, args: string[], file_kb?: number): Promise<Ended> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', SCRIPT, data, ...args]
  const limit = file_kb === undefined ? '' : `ulimit -f ${file_kb}; `
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...node], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (text) => {
    complaint += text
  })
  const [code, signal] = await once(child, 'close')
  return { code, signal, complaint }
}

/** Two days, of which the first has had its night; rows of both days and a copy wait for the second. */
async function twoDays(): Promise<NightHome> {
  const home = await createNightHome()
  homes.push(home)
  const next = NOON + 24 * HOUR
  await home.take([charger(1, NOON), charger(2, NOON, {}, 'dev-2')])
  await home.night('2026-11-20', { now: () => next })
  await home.take([
    { ...charger(3, NOON + 1_000), received_at: next },
    { ...charger(4, NOON), received_at: next + 1 },
    charger(5, next),
    charger(6, next, {}, 'dev-2'),
  ])
  return home
}

const SECOND = ['2026-11-21', String(NOON + 48 * HOUR)]
const AGAIN = ['2026-11-21', String(NOON + 49 * HOUR)]

async function contents(home: NightHome): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of await home.names()) {
    const bytes = await home.files.get(name)
    if (name.endsWith('events.parquet')) found[name] = Buffer.from(bytes ?? []).toString('base64')
    else found[name] = ''
  }
  return found
}

const STEPS: NightStep[] = [
  'Plan',
  'Spread',
  'Compact',
  'Verify',
  'Publish',
  'Aggregate',
  'PlanMonths',
  'Audit',
  'Finish',
]
const KILLS = [
  ...STEPS.map((step) => ['step', step]),
  ...[1, 4, 6, 8, 11, 14, 17].map((nth) => ['write', String(nth)]),
]

it('a night whose process is killed, at any step and between its writes, ends with the same bytes when it is run again', async () => {
  const whole = await twoDays()
  expect(await nightAlone(whole.data, SECOND)).toEqual({ code: 0, signal: null, complaint: '' })
  const [expected, records] = [await contents(whole), await whole.archived()]
  expect(records.length).toBe(5)
  let killed = 0
  for (const kill of KILLS) {
    const home = await twoDays()
    const { signal } = await nightAlone(home.data, [...SECOND, ...kill])
    if (signal === 'SIGKILL') killed++
    else expect(kill[0]).toBe('write')
    // Nothing that was there can be gone, wherever it was killed.
    const before = await home.archived()
    expect(before.map(({ position }) => position)).toEqual(
      expect.arrayContaining(records.map(({ position }) => position)),
    )
    expect(await nightAlone(home.data, AGAIN), kill.join(' ')).toMatchObject({ code: 0, complaint: '' })
    expect(await home.archived(), kill.join(' ')).toEqual(records)
    expect(await contents(home), kill.join(' ')).toEqual(expected)
    expect(await home.book.mark('confirmed')).toBe(await whole.book.mark('confirmed'))
  }
  expect(killed).toBeGreaterThan(STEPS.length + 2)
}, 600_000)

const OF_MONTHS: NightStep[] = ['PlanMonths', 'GatherMonth', 'VerifyMonth', 'PublishMonth', 'Audit']

it('a month whose night is killed says the same meanwhile, and ends with the same bytes when it is run again', async () => {
  const [night, again] = [
    [SECOND_OF_NOVEMBER, String(AFTER_SECOND.now())],
    [SECOND_OF_NOVEMBER, String(AFTER_SECOND.now() + HOUR)],
  ]
  const october = await createNightHome()
  homes.push(october)
  const whole = await beginLike(october, () => octoberDays(october))
  const said = await saidOfOctober(october)
  expect(await nightAlone(whole.data, night)).toEqual({ code: 0, signal: null, complaint: '' })
  const expected = await contents(whole)
  expect(Object.keys(expected).filter((name) => name.startsWith('months/')).length).toBe(2)
  let killed = 0
  // Writes: the task list, two months made and told, the first put in its place, its days' files gone.
  const kills = [
    ...OF_MONTHS.map((step) => ['step', step]),
    ...[2, 4, 6, 7, 8, 9].map((nth) => ['write', String(nth)]),
  ]
  for (const kill of kills) {
    const home = await beginLike(october)
    const { signal } = await nightAlone(home.data, [...night, ...kill])
    if (signal === 'SIGKILL') killed++
    expect(await saidOfOctober(home), kill.join(' ')).toEqual(said)
    expect(await nightAlone(home.data, again), kill.join(' ')).toMatchObject({ code: 0, complaint: '' })
    expect(await contents(home), kill.join(' ')).toEqual(expected)
  }
  expect(killed).toBe(kills.length)
}, 600_000)

async function beginLike(like: NightHome, first = async () => {}): Promise<NightHome> {
  await first()
  const home = await createNightHome({ like })
  homes.push(home)
  return home
}

it('a disk that is full stops the step and loses no source; the night after, all is there', async () => {
  const home = await createNightHome()
  homes.push(home)
  const noise = () => randomBytes(600).toString('base64')
  const records = await home.take(
    Array.from({ length: 3_000 }, (_, n) => charger(n + 1, NOON + n, { note: noise() })),
  )
  const landed = await home.names('landing/')
  const day = ['2026-11-20', String(NOON + 24 * HOUR), 'whole']
  const full = await nightAlone(home.data, day, 1_024)
  expect(full).toMatchObject({ code: 1, signal: null })
  expect(full.complaint).toContain('the manifest of the day names')
  const manifest = JSON.parse(
    new TextDecoder().decode((await home.files.get('manifests/2026-11-20.json')) as Uint8Array),
  )
  expect(JSON.stringify(manifest.failed)).toMatch(/write|too large/i)
  expect(await home.names('landing/')).toEqual(landed)
  expect(await home.names('2026/')).toEqual([])
  expect(await home.archived()).toEqual(records)
  expect(await nightAlone(home.data, ['2026-11-20', String(NOON + 25 * HOUR)])).toMatchObject({ code: 0 })
  expect(await home.names('landing/')).toEqual([])
  expect(await home.archived()).toEqual(records)
}, 300_000)
