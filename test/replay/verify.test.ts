import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from '../../embedded/folder.ts'
import type { FaultLevel } from '../../firmware-model/radio.ts'
import type { VerifyReport } from '../../processors/replay-report.ts'
import { fleetRecords, folderWith, fromDevice, newFolder, replay, write } from './replay-world.ts'

const LEVELS: FaultLevel[] = ['none', 'orderly', 'normal', 'harsh']

async function reportOf(...args: string[]): Promise<VerifyReport> {
  const { out, err } = await replay('verify', ...args, '--json', '-')
  expect(err).toBe('')
  return JSON.parse(out) as VerifyReport
}

function change(data: string, sql: string): void {
  const hot = new DatabaseSync(filesOf(data).hot)
  hot.exec(sql)
  hot.close()
}

const LAST = `(SELECT id FROM summaries WHERE kind = 'session' AND retracted IS NOT 1
  AND json_extract(body, '$.energy_kwh') > 1 ORDER BY started_at DESC, id LIMIT 1)`

describe('npm run replay -- verify', () => {
  it.each(LEVELS)('finds nothing different in a log that was processed (%s faults)', async (level) => {
    const data = await folderWith(fleetRecords(3, level, ['--shared-circuits', '1']))
    const report = await reportOf('--log', data, '--threads', '1')
    expect(report.differences).toEqual([])
    expect(report.same).toBeGreaterThan(10)
    expect(report.stored_kwh).toBe(report.folded_kwh)
    expect(report.folded_kwh).toBeGreaterThan(10)
  })

  describe('of a folder in which somebody has changed rows', () => {
    let data = ''
    let before: VerifyReport
    beforeAll(async () => {
      data = await folderWith(fleetRecords(5, 'orderly'))
      before = await reportOf('--log', data, '--threads', '1')
    })

    it('names a session that would appear, and its energy', async () => {
      change(
        data,
        `CREATE TABLE kept AS SELECT * FROM summaries WHERE id = ${LAST}; DELETE FROM summaries WHERE id = ${LAST}`,
      )
      const report = await reportOf('--log', data, '--threads', '1')
      change(data, 'INSERT INTO summaries SELECT * FROM kept; DROP TABLE kept')
      const [one] = report.differences
      expect(report).toMatchObject({ appear: 1, vanish: 0, change: 0, same: before.same - 1 })
      expect(one?.appear[0]).toMatchObject({ kind: 'session' })
      expect(report.folded_kwh - report.stored_kwh).toBeCloseTo(one?.appear[0]?.energy_kwh ?? 0, 5)
    })

    it('names one that would vanish', async () => {
      change(
        data,
        `INSERT INTO summaries (kind, id, device_id, location, started_at, applied, body)
        SELECT kind, 'made-up', device_id, location, started_at + 1, applied, body FROM summaries WHERE id = ${LAST}`,
      )
      const { code, out } = await replay('verify', '--log', data, '--threads', '1')
      change(data, `DELETE FROM summaries WHERE id = 'made-up'`)
      expect(code).toBe(1)
      expect(out).toContain('0 would appear, 1 would vanish, 0 would change')
      expect(out).toMatch(/ {2}- session made-up .* kWh/)
    })

    it('names one that would change: its energy, its end, or what else it says', async () => {
      const set = (field: string, value: string) =>
        change(data, `UPDATE summaries SET body = json_set(body, '$.${field}', ${value}) WHERE id = ${LAST}`)
      const sql = `SELECT body FROM summaries WHERE id = ${LAST}`
      const hot = new DatabaseSync(filesOf(data).hot)
      const body = (hot.prepare(sql).get() as { body: string }).body
      const id = (hot.prepare(`SELECT ${LAST} AS id`).get() as { id: string }).id
      hot.close()
      for (const [field, value, expected] of [
        ['energy_kwh', '99', { energy_kwh: [99, expect.any(Number)] }],
        ['ended_at', '1770000000000', { ended_at: [1_770_000_000_000, expect.any(Number)] }],
        ['end_reason', `'fault'`, { other: true }],
      ] as const) {
        set(field, value)
        const report = await reportOf('--log', data, '--threads', '1')
        expect(report).toMatchObject({ appear: 0, vanish: 0, change: 1 })
        expect(report.differences[0]?.change).toEqual([
          { kind: 'session', id, started_at: expect.any(Number), ...expected },
        ])
        change(data, `UPDATE summaries SET body = '${body}' WHERE id = '${id}'`)
      }
      expect((await reportOf('--log', data, '--threads', '1')).differences).toEqual([])
    })

    it('says nothing of what lies outside the range, or is of another device', async () => {
      change(data, `UPDATE summaries SET body = json_set(body, '$.energy_kwh', 99) WHERE id = ${LAST}`)
      const [one] = (await reportOf('--log', data, '--threads', '1')).differences
      const { device_id = '', change: [changed] = [] } = one ?? {}
      const at = changed?.started_at ?? 0
      const found = async (...range: string[]) =>
        (await reportOf('--log', data, '--threads', '1', ...range)).change
      expect(await found('--from', `${at}`, '--to', `${at + 1}`)).toBe(1)
      expect(await found('--to', `${at}`)).toBe(0)
      expect(await found('--from', `${at + 1}`)).toBe(0)
      expect(await found('--device', device_id)).toBe(1)
      expect(await found('--device', 'nobody')).toBe(0)
      expect(await found('--location', 'nowhere')).toBe(0)
      change(
        data,
        `UPDATE summaries SET body = json_set(body, '$.energy_kwh', ${changed?.energy_kwh?.[1]}) WHERE id = ${LAST}`,
      )
    })
  })

  it('gives the same bytes however many threads have read, and how often', async () => {
    const data = await folderWith(fleetRecords(8, 'normal'))
    change(data, `UPDATE summaries SET body = json_set(body, '$.energy_kwh', 99) WHERE id = ${LAST}`)
    const all = []
    for (const threads of ['1', '2', '3', '1'])
      all.push(await replay('verify', '--log', data, '--threads', threads, '--json', '-'))
    expect(new Set(all.map(({ out }) => out)).size).toBe(1)
    expect(all[0]?.code).toBe(1)
    expect(JSON.parse(all[0]?.out ?? '{}').hash).toMatch(/^[0-9a-f]{32}$/)
    expect((await replay('verify', '--log', data)).out).toContain(
      `report ${JSON.parse(all[0]?.out ?? '').hash}`,
    )
  }, 60_000)

  it('compares a file, gzipped or not, with the folder that it is told; and a file that lost a message differs', async () => {
    const data = await folderWith(fleetRecords(4, 'orderly'))
    const printed = await replay('print', '--log', data)
    expect(printed.code).toBe(0)
    const zipped = write(gzipSync(printed.out), 'all.ndjson.gz')
    expect((await replay('verify', '--file', zipped, '--data', data, '--threads', '2')).code).toBe(0)
    const gone = await replay('verify', '--file', 'no-such-file', '--data', data, '--threads', '2')
    expect(gone).toMatchObject({ code: 2, out: '' })
    expect(gone.err).toMatch(/^replay: the file .*no-such-file cannot be read: there is none of that name\n$/)
    const lines = printed.out.split('\n').filter((line) => !line.includes('session_start'))
    const { code, out } = await replay('verify', '--file', write(lines.join('\n')), '--data', data)
    expect(code).toBe(1)
    expect(out).toMatch(/ {2}[+~-] session /)
  })

  it('says of a history that came in long afterwards that it was not read, rather than that it would vanish', async () => {
    const began = Date.UTC(2019, 2, 5)
    const late = began + 3000 * 86_400_000
    const said = (minute: number, pilot_state: string) =>
      fromDevice(
        'ev/evse/dev-1/telemetry',
        late,
        JSON.stringify({ device_id: 'dev-1', timestamp: began + minute * 60_000, pilot_state }),
      )
    const data = await folderWith([said(0, 'B'), said(60, 'A')])
    const march = ['verify', '--log', data, '--threads', '1', '--from', '2019-03-01', '--to', '2019-04-01']
    expect(await replay(...march)).toMatchObject({
      code: 2,
      out: '',
      err: 'replay: nothing was read from 2019-03-01 to 2019-04-01, and 1 are stored: what was received from 2019-04-08 on is not read, unless --margin is longer\n',
    })
    expect((await replay(...march, '--margin', '5000d')).code).toBe(0)
    // Of one of two devices something is read: the other's would vanish, and it is said why.
    const other = fromDevice(
      'ev/evse/dev-2/telemetry',
      began,
      JSON.stringify({ device_id: 'dev-2', timestamp: began, pilot_state: 'A' }),
    )
    const both = await folderWith([other, said(0, 'B'), said(60, 'A')])
    const { code, out, err } = await replay(...march.with(2, both))
    expect([code, err]).toEqual([
      1,
      'replay: what was received from 2019-04-08 on is not read, unless --margin is longer\n',
    ])
    expect(out).toContain('1 would vanish')
  })

  it('refuses a folder that is none, and flags that make no sense, in one line', async () => {
    const refused = async (...args: string[]) => {
      const { code, out, err } = await replay(...args)
      expect(code).toBe(2)
      expect(out).toBe('')
      expect(err).toMatch(/^replay: [^\n]+\n$/)
      return err
    }
    expect(await refused('verify', '--log', newFolder())).toContain('is no data folder')
    expect(await refused('verify')).toContain('give one source')
    expect(await refused('verify', '--log', 'a', '--file', 'b')).toContain('give one source')
    expect(await refused('mend', '--log', 'a')).toContain('is no mode')
    expect(await refused('verify', '--log', 'a', '--from', 'noon')).toContain('ISO 8601')
    expect(
      await refused('verify', '--log', 'a', '--from', '2026-01-02T00:00Z', '--to', '2026-01-01T00:00Z'),
    ).toContain('--from')
    expect(await refused('verify', '--log', 'a', '--type', 'config')).toContain('--type')
    expect(await refused('print', '--file', 'no-such-file')).toContain('there is none of that name')
  })

  it('says what it can do', async () => {
    const { code, out } = await replay('--help')
    expect(code).toBe(0)
    for (const word of ['verify', '--from', '--margin', 'Exit codes']) expect(out).toContain(word)
  })
})
