import { describe, expect, test } from 'vitest'
import { run, write } from './command-run.ts'

const MAP = ['--as', 'evse', '--set', 'device_id=dev-1', '--set', 'pilot_state=C', '--dry-run']
const COLUMNS = ['--map', 'timestamp=at:s,current_draw=a']
const START = 1_700_000_000

/** Ten minutes of a current that goes up and down, as a clock saw it that is so many seconds off. */
function recording(off_s: number, current: (second: number) => number = wave): string {
  const rows = Array.from({ length: 600 }, (_, n) => `${START + n + off_s},${current(n).toFixed(2)}`)
  return `at,a\n${rows.join('\n')}\n`
}

function wave(second: number): number {
  return 16 + 8 * Math.sin(second / 37) + 4 * Math.sin(second / 11)
}

async function compared(one: string, other: string) {
  const [file, beside] = [write('one.csv', one), write('other.csv', other)]
  const { code, out } = await run([file, ...MAP, ...COLUMNS, '--beside', beside])
  expect(code).toBe(0)
  return out.trimEnd().split('\n').at(-1)
}

describe('two recordings of one charge', () => {
  test.each([
    [-7_200, 'its clock is 7,200 s behind that of'],
    [95, 'its clock is 95 s ahead of that of'],
  ])('whose clocks are %i s apart: so it is said, and nothing is corrected', async (off_s, said) => {
    const line = await compared(recording(off_s), recording(0))
    expect(line).toContain(said)
    expect(line).toContain('nothing is corrected')
  })

  test('whose clocks are alike, one of which counts its current negative', async () => {
    const line = await compared(
      recording(1, (second) => -wave(second)),
      recording(0),
    )
    expect(line).toContain('are alike')
  })

  test('that are nowhere alike say nothing of a clock, and neither does a current that never changes', async () => {
    const other = (second: number) => ((second * 7_919) % 97) / 3
    for (const current of [other, () => 16])
      expect(await compared(recording(0, current), recording(0))).toContain(
        'nothing can be said of its clock',
      )
  })

  test('are compared in a dry run of readings only', async () => {
    const file = write('one.csv', recording(0))
    const { code, err } = await run([file, ...MAP.slice(0, -1), ...COLUMNS, '--beside', file])
    expect(code).toBe(2)
    expect(err).toContain('--beside is for a --dry-run of --as evse')
  })
})

describe('a file with lines above its header, and a time in two columns', () => {
  const REPORT = 'report,1\n,\nDay,Clock,Cool\n7/9/2016,0:05:00,300\n13/9/2016,0:10:00,0\n'
  const thermostat = ['--as', 'thermostat', '--set', 'device_id=hall', '--time-zone', 'UTC', '--dry-run']

  test('is read from the line that is named, by the order of its date', async () => {
    const file = write('report.csv', REPORT)
    const map = ['--header-line', '3', '--map', 'cooling_call=Cool']
    const us = await run([file, ...thermostat, ...map, '--map', 'timestamp=Day+Clock:mdy'])
    expect(us.out).toContain('2 rows, 1 reading would enter, 1 bad')
    expect(us.err).toContain('line 5: timestamp: "13/9/2016 0:10:00"')
    const other = await run([file, ...thermostat, ...map, '--map', 'timestamp=Day+Clock:dmy'])
    expect(other.out).toContain('2 rows, 2 readings would enter, 0 bad')
  })

  test('is refused where a column is missing, or is not a time’s', async () => {
    const file = write('report.csv', REPORT)
    const map = ['--header-line', '3', '--map']
    const missing = await run([file, ...thermostat, ...map, 'cooling_call=Cool,timestamp=Day+Hour:mdy'])
    expect(missing).toMatchObject({ code: 2, out: '' })
    expect(missing.err).toContain('the file has no column "Day+Hour:mdy"')
    const flag = await run([file, ...thermostat, ...map, 'cooling_call=Cool+Day,timestamp=Day+Clock:mdy'])
    expect(flag.err).toContain('the file has no column "Cool+Day"')
    const line = await run([file, ...thermostat, '--header-line', '0', '--map', 'timestamp=Day'])
    expect(line.err).toContain('It is a line, from 1.')
  })
})
