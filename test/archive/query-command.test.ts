/** The command, the route and the questions that have names, over one archive with two nights in it. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { duckdbQuery } from '../../adapters/duckdb-query.ts'
import { filesOf } from '../../embedded/folder.ts'
import { configArriving } from '../../events/config-record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { runQuery } from '../../tools/query-command.ts'
import { createHome } from '../api/home.ts'
import { charger, everyKind, NOON, recordAt, said } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'

const HOUR = 3_600_000
let home: NightHome
let out = ''
let complaints = ''

beforeAll(async () => {
  home = await createNightHome()
  const put = (device_id: string, config: object) => {
    const message = { device_id, effective_from: 0, written_at: NOON, config }
    const { topic, payload } = configArriving(message)
    return recordAt(1, NOON - HOUR, topic, payload, 'internal')
  }
  const readings = [0, 10, 20, 30].map((min) =>
    charger(1, NOON + min * 60_000, {
      pilot_state: min === 0 ? 'B' : 'C',
      pwm_duty_cycle: min < 20 ? 50 : 26.6,
      current_draw: min === 0 ? 0 : 12.5,
      power_kw: 3,
      energy_delivered_kwh: min / 20,
    }),
  )
  const cool = (min: number, cooling_call: boolean) => {
    const said = { device_id: 't-1', device_type: 'thermostat', timestamp: NOON + min * 60_000, cooling_call }
    return recordAt(1, said.timestamp + 80, 'ev/thermostat/t-1/telemetry', JSON.stringify(said))
  }
  const taken = await home.take([
    put('dev-1', { device_type: 'evse', location: 'garage' }),
    put('t-1', { device_type: 'thermostat', location: 'garage', rated_power_cooling_kw: 3 }),
    ...readings,
    charger(1, NOON + 40 * 60_000, { pilot_state: 'A', current_draw: 0, energy_delivered_kwh: 1.5 }),
    cool(0, true),
    cool(60, false),
    ...everyKind().slice(1, 4),
    recordAt(1, NOON + 6, 'ev/evse/dev-9/telemetry', said('dev-9', 5_000, { pilot_state: 'A' })),
  ])
  const metrics = { count() {}, gauge() {} }
  const logger = { info() {}, warn() {}, error() {} }
  await processBatch(taken, { store: home.hot, metrics, logger }, 'charts')
  await home.night('2026-11-20', { now: () => NOON + 24 * HOUR })
})
afterAll(() => home.close())
beforeEach(() => {
  out = ''
  complaints = ''
})

const run = (...argv: string[]) =>
  runQuery(['--data', home.data, ...argv], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (complaints += text) },
  })
const lines = () => out.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []))

describe('the questions that have names', () => {
  const expected: Record<string, [string[], unknown]> = {
    'device-day': [
      ['device_id=dev-1', 'day=2026-11-20'],
      expect.arrayContaining([
        expect.objectContaining({
          event_time: '2026-11-20 12:10:00',
          pilot_state: 'C',
          energy_delivered_kwh: 0.5,
        }),
      ]),
    ],
    'energy-by-day': [
      ['location=garage'],
      [
        {
          day: '2026-11-20',
          delivered_kwh: 1.5,
          consumed_kwh: 3,
          sessions: '1',
          cycles: '1',
          peak_power_kw: 3,
        },
      ],
    ],
    'sessions-of-location': [
      ['location=garage'],
      [expect.objectContaining({ device_id: 'dev-1', energy_kwh: 1.5, end_reason: 'unplugged' })],
    ],
    'duty-cycles': [
      ['device_id=dev-1', 'day=2026-11-20'],
      [
        expect.objectContaining({ pwm_duty_cycle: 26.6, reports: '2', mean_current_a: 12.5 }),
        expect.objectContaining({ pwm_duty_cycle: 50, reports: '2', most_current_a: 12.5 }),
      ],
    ],
    refused: [
      ['day=2026-11-20'],
      [
        expect.objectContaining({ topic: 'ev/evse/dev-1/telemetry', records: '2' }),
        expect.objectContaining({ topic: 'somewhere/else', device_id: null, records: '1' }),
      ],
    ],
    'hvac-cycles': [
      ['location=garage'],
      [{ day: '2026-11-20', mode: 'cooling', cycles: '1', hours: 1, consumed_kwh: 3 }],
    ],
    'clock-quality': [['day=2026-11-20'], [{ device_id: 'dev-9', time_quality: 'estimated', events: '1' }]],
  }
  const names = readdirSync(new URL('../../docs/queries/', import.meta.url)).map((file) => file.slice(0, -4))

  it.each(names)('%s', async (name) => {
    const [values, rows] = expected[name] ?? []
    expect(
      await run('--name', name, ...(values ?? []).flatMap((value) => ['--set', value])),
      complaints,
    ).toBe(0)
    expect(lines()).toEqual(rows)
  })

  it('are all listed in docs/queries.md', () => {
    const text = readFileSync(new URL('../../docs/queries.md', import.meta.url), 'utf8')
    for (const name of names) expect(text).toContain(`queries/${name}.sql`)
  })
})

it('an answer is JSON lines in a pipe', async () => {
  expect(await run('select count(*)::int as n from events')).toBe(0)
  expect(out).toBe('{"n":13}\n')
})

it('on a terminal it is a table, with nothing in it that a terminal would obey', async () => {
  let shown = ''
  const stdout = { write: (text: string) => (shown += text), isTTY: true }
  const stderr = { write: (text: string) => (complaints += text) }
  const code = await runQuery(
    ['--data', home.data, "select 'a' || chr(27) || '[2J' || chr(10) || 'b' as said"],
    {
      stdout,
      stderr,
    },
  )
  expect(code).toBe(0)
  expect(shown).toBe('said\n───────\na\ufffd[2J b\n')
})

it.each([
  [['selec 1'], 'selec'],
  [['--name', 'nothing'], 'is none of'],
  [['--name', 'refused', '--set', 'day'], 'no name=value'],
  [['--name', 'device-day'], '$day, $device_id: no value is given'],
  [['--name', 'refused', '--set', 'day=2026-11-01', '--set', 'x=1'], 'asks for no value x'],
  [[], 'one of the two'],
  [['select 1', '--name', 'refused'], 'one of the two'],
])('refuses %j with one line, and exits with 2', async (argv, says) => {
  expect(await run(...argv)).toBe(2)
  expect(complaints).toContain(says)
  expect(out).toBe('')
})

describe('GET /v1/query', () => {
  const ask = async (sql: string) => {
    const query = duckdbQuery(filesOf(home.data).archive)
    const { app } = await createHome({ query })
    const answer = await app.request(`/v1/query?sql=${encodeURIComponent(sql)}`)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  it('answers with columns and rows', async () => {
    expect(await ask('select count(*)::int as n from energy')).toMatchObject({
      status: 200,
      body: { columns: [{ name: 'n', type: 'INTEGER' }], rows: [[2]], truncated: false },
    })
  })

  it.each([
    "copy (select 1) to 'x.csv'",
    'select 1; select 2',
    'select nothing',
    "select * from read_text('/etc/passwd')",
  ])('refuses %s', async (sql) => {
    expect(await ask(sql)).toMatchObject({ status: 400, body: { parameter: 'sql' } })
  })
})
