import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { realData } from '../real-data.ts'
import { dataFolder, run, serve, sessionsAt, urlOf, write } from './command-run.ts'

const ROWS = [
  { when: '2026-05-01 08:00', state: 'A', wh: 0 },
  { when: '2026-05-01 08:01', state: 'B', wh: 0 },
  { when: '2026-05-01 08:02', state: 'C', wh: 0 },
  { when: '2026-05-01 09:00', state: 'C', wh: 3000 },
  { when: '2026-05-01 09:30', state: 'A', wh: 3000 },
]
const MAP = [
  '--as',
  'evse',
  '--set',
  'device_id=dev-1',
  '--set',
  'event_type=state_change',
  '--time-zone',
  'Europe/Berlin',
]
const COLUMNS = ['--map', 'timestamp=when,pilot_state=state,energy_delivered_kwh=wh:Wh']

const NDJSON = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('')
const CSV = `when,state,wh\n${ROWS.map((row) => `${Object.values(row).join()}\n`).join('')}`

describe('readings of a charger', () => {
  it.each([
    ['rows.csv', CSV],
    ['rows.ndjson', NDJSON],
    ['rows.json', JSON.stringify(ROWS)],
    ['rows.ndjson.gz', gzipSync(NDJSON)],
  ])('of %s are one session, and a second import adds nothing', async (name, content) => {
    const file = write(name, content)
    const data = ['--data', dataFolder()]
    const first = await run([file, ...MAP, ...COLUMNS, ...data])
    expect(first).toMatchObject({
      code: 0,
      out: '5 rows, 5 readings entered, 0 bad\n5 events new, 0 known\n',
    })
    const second = await run([file, ...MAP, ...COLUMNS, ...data])
    expect(second.out).toContain('5 readings known already, 0 bad\nnothing is new: 5 events known\n')
    const [session, ...others] = await sessionsAt(await serve())
    expect(others).toEqual([])
    expect(session).toMatchObject({
      device_id: 'dev-1',
      started_at: Date.UTC(2026, 4, 1, 6, 1),
      energy_kwh: 3,
    })
  })

  it('that are bad are told by number, and a dry run touches nothing', async () => {
    const bad = [{ when: 'noon', state: 'A' }, { when: '2026-05-01 10:00', state: 'G' }, ROWS[0]]
    const file = write('rows.ndjson', [...ROWS, ...bad].map((row) => JSON.stringify(row)).join('\n'))
    const { code, out, err } = await run([file, ...MAP, ...COLUMNS, '--data', dataFolder(), '--dry-run'])
    expect(code).toBe(1)
    expect(out).toBe('8 rows, 5 readings would enter, 1 repeated, 2 bad\na dry run: nothing was written\n')
    expect(err).toMatch(/^line 6: timestamp: "noon" [^\n]*\nline 7: pilot_state: "G" [^\n]*\n$/)
  })

  it('of a file that is none are refused in one line', async () => {
    for (const [name, content] of [
      ['a.json', '{'],
      ['b.json', '{}'],
      ['c.ndjson', '{}\n[]'],
      ['d.ndjson', ''],
    ] as const) {
      const { code, err } = await run([write(name, content), ...MAP, ...COLUMNS, '--data', dataFolder()])
      expect(code).toBe(2)
      expect(err).toMatch(/^import: [^\n]+\n$/)
    }
  })
})

describe('readings of a thermostat', () => {
  it('are calls wherever their cell is on, or a time above 0', async () => {
    const cells = [
      ['08:00', '300'],
      ['08:05', '12'],
      ['08:10', '0'],
      ['08:15', 'yes'],
      ['08:20', 'off'],
    ]
    const file = write(
      'rows.csv',
      `t,cool\n${cells.map(([t, cool]) => `2026-05-01T${t}Z,${cool}\n`).join('')}`,
    )
    const map = [
      '--set',
      'device_id=therm-1',
      '--map',
      'timestamp=t,cooling_call=cool',
      '--data',
      dataFolder(),
    ]
    expect((await run([file, '--as', 'thermostat', ...map])).code).toBe(0)
    expect(
      (await run([write('x.csv', 't,cool\n2026-05-01T09:00Z,maybe\n'), '--as', 'thermostat', ...map])).err,
    ).toContain('cooling_call')
    const home = await serve()
    const { items } = (await (await fetch(`${urlOf(home)}/v1/cycles?from=0`)).json()) as { items: object[] }
    expect(items).toHaveLength(2)
  })
})

const charger = realData('charge-10hz-charger.csv.gz')

describe.skipIf(charger === null)('the worked example of a charge at 10 Hz', () => {
  it('is one session whose register and integral agree to 0.1 %', async () => {
    const data = ['--data', dataFolder()]
    const config = write('config.csv', 'id,kw\ndc-1,50\n')
    const from = ['--set', 'device_type=evse', '--set', 'effective_from=2023-05-16T00:00Z']
    expect(
      (await run([config, '--as', 'config', ...from, '--map', 'device_id=id,rated_power_kw=kw', ...data]))
        .code,
    ).toBe(0)
    const map =
      'timestamp=timestamp:s,current_draw=current,voltage_v=voltage,energy_delivered_kwh=charged_energy:Wh'
    // The file names a column twice: only those that are mapped need be one.
    const args = ['--as', 'evse', '--set', 'device_id=dc-1', '--set', 'pilot_state=C', '--map', map, ...data]
    const { code, out } = await run([charger as string, ...args])
    expect(code).toBe(0)
    expect(out).toContain('12,219 rows, 12,219 readings entered, 0 bad')
    const home = await serve()
    const open = (await (await fetch(`${urlOf(home)}/v1/devices/dc-1`)).json()) as {
      session?: { energy_kwh: number; energy_integral_kwh: number }
    }
    expect(JSON.stringify(open)).toContain('5.44')
  }, 120_000)
})
