import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openFolder } from '../../embedded/folder.ts'
import { newReport } from '../../processors/import-report.ts'
import { formatSummary } from '../../tools/import-output.ts'
import {
  CONFIG_MAP,
  dataFolder,
  energiesAt,
  GOOD,
  MAP,
  run,
  serve,
  sessionsAt,
  urlOf,
  write,
} from './command-run.ts'

describe('npm run import into the folder of a stopped server', () => {
  it('leaves sessions that the server finds, and on a second run adds nothing', async () => {
    const file = write('sessions.csv', GOOD)
    const data = dataFolder()
    const first = await run([file, ...MAP, '--data', data])
    expect(first).toEqual({
      code: 0,
      out: '3 rows, 3 sessions entered, 0 bad\n12 events new, 0 known\n',
      err: '',
    })
    const second = await run([file, ...MAP, '--data', data])
    expect(second.out).toBe('3 rows, 3 sessions known already, 0 bad\nnothing is new: 12 events known\n')
    expect(await energiesAt(await serve())).toEqual([1, 2.5, 3])
  })

  it('says entered of a file of which some is new', async () => {
    const data = dataFolder()
    await run([write('sessions.csv', GOOD), ...MAP, '--data', data])
    const more = write('more.csv', `${GOOD}dev-2,2026-05-01T10:00Z,2026-05-01T11:00Z,1\n`)
    const { out } = await run([more, ...MAP, '--data', data])
    expect(out).toBe('4 rows, 4 sessions entered, 0 bad\n4 events new, 12 known\n')
  })

  it('says entered where all that is new was quarantined', () => {
    const report = { ...newReport(), rows: 3, good: 3 }
    const processed = { events: 0, duplicates: 2, late: 0, quarantined: 1 }
    expect(formatSummary(report, { noun: 'session', dry_run: false, processed })).toEqual([
      '3 rows, 3 sessions entered, 0 bad',
      '0 events new, 2 known',
      '1 record quarantined: see GET /v1/quarantine',
    ])
  })

  it('reports each bad row on a line of its own, and ends with 1', async () => {
    const file = write('sessions.csv', `${GOOD}dev-2,soon,2026-05-01T10:00Z,1\ndev-2,2026-05-01T08:00Z,,1\n`)
    const { code, out, err } = await run([file, ...MAP, '--data', dataFolder()])
    expect(code).toBe(1)
    expect(err).toBe(
      'line 5: started_at: "soon" is neither epoch milliseconds nor an ISO 8601 date and time\n' +
        'line 6: ended_at: "" is empty\n',
    )
    expect(out).toContain('5 rows, 3 sessions entered, 2 bad\n')
  })

  it('reads a gzipped file, whatever its name', async () => {
    const file = write('sessions.csv', gzipSync(GOOD))
    const { code, out } = await run([file, ...MAP, '--data', dataFolder()])
    expect(code).toBe(0)
    expect(out).toContain('3 sessions entered')
  })

  it('reports in a dry run and writes nothing', async () => {
    const file = write('sessions.csv', `${GOOD}dev-2,soon,2026-05-01T10:00Z,1\n`)
    const data = dataFolder()
    const { code, out, err } = await run([file, ...MAP, '--data', data, '--dry-run'])
    expect(code).toBe(1)
    expect(out).toBe('4 rows, 3 sessions would enter, 1 bad\na dry run: nothing was written\n')
    expect(err).toMatch(/^line 5: started_at: "soon"/)
    expect(existsSync(data)).toBe(false)
  })

  it('puts configurations, and says which were in force already', async () => {
    const file = write('chargers.csv', 'id,kw\ndev-1,22\ndev-2,11\n')
    const data = dataFolder()
    expect((await run([file, ...CONFIG_MAP, '--data', data])).out).toContain(
      '2 configurations entered, 0 bad\n2 events new, 0 known\n',
    )
    const again = await run([file, ...CONFIG_MAP, '--data', data])
    expect(again.out).toBe('2 rows, 0 configurations entered, 2 unchanged, 0 bad\nnothing is new\n')
    const home = await serve()
    const response = await fetch(`${urlOf(home)}/v1/config/dev-1`)
    expect(await response.json()).toMatchObject({ config: { device_type: 'evse', rated_power_kw: 22 } })
  })

  it('reads times of a zone', async () => {
    const file = write(
      'local.csv',
      'id;from;to;kwh\ndev-1;2026-05-01 10:00;2026-05-01 11:00;1\ndev-1;2026-03-29 02:30;2026-03-29 04:00;1\n',
    )
    const args = [file, ...MAP, '--data', dataFolder(), '--delimiter', ';', '--time-zone', 'Europe/Berlin']
    const { code, err } = await run(args)
    expect(code).toBe(1)
    expect(err).toMatch(/^line 3: started_at: "2026-03-29 02:30" is no time in Europe\/Berlin/)
    const [session] = await sessionsAt(await serve())
    expect(session).toMatchObject({ started_at: Date.parse('2026-05-01T08:00Z') })
  })

  it('processes first what a server left unread', async () => {
    const data = dataFolder()
    const left = openFolder(data)
    const payload = new TextEncoder().encode('{"timestamp":1777622400000,"heating_call":false}')
    await left.log.append([
      {
        received_at: 1777622400000,
        source: 'mqtt',
        topic: 'ev/thermostat/dev-1/telemetry',
        payload,
        verdict: 'ok',
      },
    ])
    left.close()
    const { code, err, out } = await run([write('sessions.csv', GOOD), ...MAP, '--data', data])
    expect(code).toBe(1)
    expect(err).toContain('line 2: device_id: "dev-1" is a thermostat\n')
    expect(out).toContain('3 rows, 1 session entered, 2 bad\n4 events new')
  })

  it('says so of what came too late', async () => {
    const data = dataFolder()
    await run([
      write('b.csv', `id,from,to,kwh\ndev-1,2026-05-02T08:00Z,2026-05-02T09:00Z,1\n`),
      ...MAP,
      '--data',
      data,
    ])
    const { code, out } = await run([write('a.csv', GOOD), ...MAP, '--data', data])
    expect(code).toBe(0)
    expect(out).toContain('8 events older than what the device had told before: kept, and marked late')
  })

  it('shows progress on a terminal, and none elsewhere', async () => {
    let drawn = ''
    const tty = {
      write: (text: string) => {
        drawn += text
      },
    }
    await run([write('sessions.csv', GOOD), ...MAP, '--data', dataFolder()], tty)
    expect(drawn).toContain('rows read: 3')
    expect(drawn).toContain('sessions entered: 3')
    expect(drawn).toContain('records processed: 12')
    expect(drawn.endsWith('\n')).toBe(true)
  })
})
