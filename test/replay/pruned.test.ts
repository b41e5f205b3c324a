/** `verify` of a log whose beginning is gone: each device from a stored checkpoint behind it. */
import { cpSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { filesOf } from '../../embedded/folder.ts'
import type { LogRecord, NewRecord } from '../../events/record.ts'
import type { VerifyReport } from '../../processors/replay-report.ts'
import { at, bootedEvse, CHARGER, config, evse, thermostat, until } from '../processors/messages.ts'
import { fleetRecords, folderWith, newFolder, processTo, replay, write } from './replay-world.ts'

const DAY = 24 * 60

async function logOf(data: string): Promise<LogRecord[]> {
  const log = sqliteLog(filesOf(data).log)
  const records = await log.read('', 1_000_000)
  log.close()
  return records
}

/** The folder with this part of its log gone, as a copy. */
async function prunedBy(data: string, part: number): Promise<string> {
  const records = await logOf(data)
  const copy = newFolder()
  cpSync(data, copy, { recursive: true })
  const last = records[Math.floor(records.length * part)] as LogRecord
  const log = sqliteLog(filesOf(copy).log)
  while (log.prune(last.position, Number.MAX_SAFE_INTEGER, 10_000) > 0);
  log.close()
  return copy
}

/** Up to the record before the first that was received from this minute on. */
async function prunedBefore(data: string, minute: number): Promise<void> {
  const log = sqliteLog(filesOf(data).log)
  while (log.prune(await log.tail(), at(minute), 10_000) > 0);
  log.close()
}

async function reportOf(...args: string[]): Promise<VerifyReport> {
  const { out, err } = await replay('verify', ...args, '--threads', '1', '--json', '-')
  expect(err).toBe('')
  return JSON.parse(out) as VerifyReport
}

function change(data: string, sql: string): void {
  const hot = new DatabaseSync(filesOf(data).hot)
  expect(hot.prepare(sql).run().changes).toBeGreaterThan(0)
  hot.close()
}

/** A session a day, from 8 to 10, with a reading between. */
const daily = (days: number, fields: Record<string, unknown> = {}): NewRecord[] =>
  Array.from({ length: days }, (_, n) => n * DAY).flatMap((day) => [
    evse(day + 480, 'B', { energy_delivered_kwh: 0, event_type: 'session_start', ...fields }),
    evse(day + 540, null, { energy_delivered_kwh: 1, ...fields }),
    evse(day + 600, 'A', { energy_delivered_kwh: 2, ...fields }),
  ])

describe('verify of a log that was pruned', () => {
  it.each([
    [1, 'none'],
    [2, 'orderly'],
    [3, 'normal'],
    [2, 'harsh'],
  ] as const)(
    'finds nothing different where nothing is, and says what it compared (seed %i, %s faults)',
    async (seed, faults) => {
      const data = await folderWith(fleetRecords(seed, faults, ['--shared-circuits', '1']))
      for (const part of [0.02, 0.3, 0.5]) {
        const copy = await prunedBy(data, part)
        const report = await reportOf('--log', copy)
        expect(report.differences).toEqual([])
        const { from_checkpoint = 0, source_from } = report.begins ?? {}
        expect(from_checkpoint).toBeGreaterThanOrEqual(4)
        expect(source_from).toBe((await logOf(copy)).find(({ topic }) => !/pair/.test(topic))?.received_at)
        expect(report.same).toBeGreaterThan(15)
      }
    },
    120_000,
  )

  it('gives the same bytes by one thread and by more, and tells a person where it began', async () => {
    const copy = await prunedBy(await folderWith(fleetRecords(5, 'harsh')), 0.2)
    change(copy, `UPDATE summaries SET body = json_set(body, '$.energy_kwh', 99) WHERE id = ${LAST}`)
    const all = []
    for (const threads of ['1', '2', '3'])
      all.push(await replay('verify', '--log', copy, '--threads', threads, '--json', '-'))
    expect(new Set(all.map(({ out }) => out)).size).toBe(1)
    const { code, out } = await replay('verify', '--log', copy)
    expect(code).toBe(1)
    expect(out).toMatch(/^what was received before \S+Z is not on it$/m)
    expect(out).toMatch(
      /^\d+ devices were folded from a stored checkpoint between \S+ and \S+, and compared from there on$/m,
    )
    expect(out).toContain(' → ')
  }, 60_000)

  it('finds what has changed behind the checkpoint, and takes what lies before as it is stored', async () => {
    const data = await folderWith(daily(6))
    await prunedBefore(data, 2 * DAY)
    const found = async (day: number) => {
      const set = (kwh: string) => {
        const started = at(day * DAY + 480)
        change(
          data,
          `UPDATE summaries SET body = json_set(body, '$.energy_kwh', ${kwh}) WHERE started_at = ${started}`,
        )
      }
      set('99')
      const { change: changed, begins } = await reportOf('--log', data)
      set('2')
      expect(begins).toMatchObject({
        from_checkpoint: 1,
        not_compared: [],
        checkpoints: [expect.any(Number), at(2 * DAY + 600)],
      })
      return changed
    }
    expect(await found(1)).toBe(0)
    expect(await found(2)).toBe(0)
    expect(await found(3)).toBe(1)
    expect(await found(5)).toBe(1)
  })

  it('begins at the last checkpoint up to --from, and compares what began from then on', async () => {
    const data = await folderWith(daily(8))
    await prunedBefore(data, 2 * DAY)
    const report = await reportOf('--log', data, '--from', `${at(5 * DAY)}`)
    expect(report.begins?.checkpoints).toEqual([at(4 * DAY + 600), at(4 * DAY + 600)])
    expect(report).toMatchObject({ same: 3, appear: 0, vanish: 0, change: 0 })
  })

  it('compares what was open at the checkpoint', async () => {
    const long = [
      evse(0, 'A'),
      evse(DAY, 'C', { energy_delivered_kwh: 0 }),
      ...Array.from({ length: 80 }, (_, n) =>
        evse(DAY + 30 + n * 60, null, { energy_delivered_kwh: n / 10 }),
      ),
      evse(5 * DAY, 'A', { energy_delivered_kwh: 9 }),
    ]
    const data = await folderWith(long)
    await prunedBefore(data, 2 * DAY)
    expect(await reportOf('--log', data)).toMatchObject({ same: 1, change: 0 })
    change(data, `UPDATE summaries SET body = json_set(body, '$.energy_kwh', 99)`)
    expect(await reportOf('--log', data)).toMatchObject({ same: 0, change: 1 })
  })

  it('has the configurations in force that were set before', async () => {
    const calls = (day: number) => [
      thermostat(day * DAY, { heating_call: true, cooling_call: false }),
      thermostat(day * DAY + 60, { heating_call: false, cooling_call: false }),
    ]
    const rated = config(0, 'therm-1', {
      device_type: 'thermostat',
      location: 'yard',
      rated_power_heating_kw: 4,
    })
    const data = await folderWith([rated, ...[1, 2, 3, 4, 5, 6].flatMap(calls)])
    await prunedBefore(data, 3 * DAY)
    const report = await reportOf('--log', data)
    expect(report).toMatchObject({ same: 3, differences: [] })
    expect(await reportOf('--log', data, '--location', 'yard')).toMatchObject({ same: 3 })
    change(data, `UPDATE summaries SET body = json_set(body, '$.energy_consumed_kwh', 5)`)
    const changed = await reportOf('--log', data)
    expect(changed.change).toBe(3)
    // A cycle's energy is what it consumed, and all that differs.
    const { stored_kwh, folded_kwh, change: cycles = [] } = changed.differences[0] ?? {}
    expect([stored_kwh, cycles.map(({ energy_kwh }) => energy_kwh?.[0])]).toEqual([15, [5, 5, 5]])
    expect(folded_kwh).toBeCloseTo(
      cycles.reduce((sum, { energy_kwh }) => sum + (energy_kwh?.[1] ?? 0), 0),
      6,
    )
    expect(folded_kwh).toBeGreaterThan(0)
    expect(cycles.some(({ other }) => other)).toBe(false)
  })

  it('and those of a device that said nothing yet', async () => {
    const plugs = [evse(5 * DAY, 'B', { energy_delivered_kwh: 0 }), evse(5 * DAY + 60, 'A')]
    const placed = config(0, CHARGER, { device_type: 'evse', location: 'yard' })
    const other = evse(2 * DAY, 'A', { device_id: 'dev-2' })
    const data = await folderWith([placed, other, evse(3 * DAY, 'A', { device_id: 'dev-2' }), ...plugs])
    await prunedBefore(data, 3 * DAY)
    expect(await reportOf('--log', data)).toMatchObject({
      same: 1,
      change: 0,
      begins: { from_checkpoint: 0, not_compared: ['dev-2'] },
    })
  })

  it('of a device all of whose messages are on it compares everything', async () => {
    const data = await folderWith([evse(0, 'A', { device_id: 'dev-2' }), ...daily(3).slice(0, -1)])
    await prunedBefore(data, 10)
    const report = await reportOf('--log', data)
    expect(report).toMatchObject({ same: 3, begins: { from_checkpoint: 0, not_compared: [] } })
    change(
      data,
      `UPDATE summaries SET body = json_set(body, '$.energy_kwh', 99) WHERE started_at = ${at(480)}`,
    )
    expect((await reportOf('--log', data)).change).toBe(1)
  })

  it('and knows by its first record that they are: others may have come at once with those that are gone', async () => {
    const said = daily(3).map((record) => ({ ...record, received_at: at(4 * DAY) }))
    const data = await folderWith([evse(0, 'A', { device_id: 'dev-2' }), ...said])
    const report = async (gone: number) => {
      const log = sqliteLog(filesOf(data).log)
      const last = (await log.read('', gone)).at(-1) as LogRecord
      log.prune(last.position, Number.MAX_SAFE_INTEGER, 100)
      log.close()
      return replay('verify', '--log', data, '--threads', '1')
    }
    expect((await report(1)).out).toContain('3 same, 0 would appear, 0 would vanish')
    expect(await report(1)).toMatchObject({ code: 2, out: '' })
  })

  it('goes by the time at which the front door had its records, and not by what a replay has put there', async () => {
    const data = await folderWith(daily(2))
    await replay('repair', '--file', write(await lateLines()), '--data', data, '--yes')
    const log = sqliteLog(filesOf(data).log)
    log.appendSync(daily(6).slice(6))
    const replayed = (await log.read('', 1_000)).findIndex(({ verdict }) => verdict === 'replayed')
    expect(replayed).toBe(6)
    log.close()
    await processTo(data)
    await prunedBefore(data, 2 * DAY - 1)
    const first = (await logOf(data))[0]
    expect(first?.position).not.toBe('')
    const report = await reportOf('--log', data)
    expect(report.begins?.source_from).toBe(at(2 * DAY + 480))
    expect(report.differences).toEqual([])
  })

  it('does not compare a device whose clock was not set since, and refuses where that leaves nobody', async () => {
    const unset = [
      evse(DAY, 'A'),
      ...Array.from({ length: 10 }, (_, n) => bootedEvse((n + 2) * DAY, 60 + n, 'B')),
    ]
    const data = await folderWith([...unset, evse(12.5 * DAY, 'A', { device_id: 'dev-2' }), until(13 * DAY)])
    await prunedBefore(data, 4 * DAY)
    expect(await reportOf('--log', data)).toMatchObject({ begins: { not_compared: [CHARGER] } })
    const alone = await folderWith(unset)
    await prunedBefore(alone, 4 * DAY)
    const { code, out, err } = await replay('verify', '--log', alone)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^replay: nothing on it can be compared: [^\n]+--archive reads everything\n$/)
  })

  it('folds a late message that lies behind the checkpoint, and one that undoes what was decided there', async () => {
    const gone = evse(3 * DAY + 500, 'A', { energy_delivered_kwh: 0.5 }, { received: 5 * DAY })
    const back = evse(3 * DAY + 520, 'B', { energy_delivered_kwh: 0.5 }, { received: 5 * DAY })
    const data = await folderWith([...daily(5), gone, back, ...daily(7).slice(15)])
    await prunedBefore(data, 2 * DAY)
    expect(await reportOf('--log', data)).toMatchObject({ differences: [], same: 5 })
  })
})

describe('verify of a file, with --from', () => {
  it('begins at what is stored where the file lacks the beginning: configurations set before are in force', async () => {
    const placed = config(0, CHARGER, { device_type: 'evse', location: 'yard' })
    const data = await folderWith([placed, ...daily(8)])
    const { out } = await replay('print', '--log', data, '--from', `${at(3 * DAY)}`)
    const file = write(out)
    const report = await reportOf('--file', file, '--data', data, '--from', `${at(5 * DAY)}`)
    expect(report).toMatchObject({ same: 3, change: 0, begins: { from_checkpoint: 1 } })
    expect((await reportOf('--file', file, '--data', data)).change).toBeGreaterThan(0)
  })
})

const LAST = `(SELECT id FROM summaries WHERE kind = 'session' AND json_extract(body, '$.energy_kwh') > 0
  ORDER BY started_at DESC LIMIT 1)`

/** What was lost of the first day, as `print` gives it. */
async function lateLines(): Promise<string> {
  const lost = await folderWith([
    evse(100, 'B', { energy_delivered_kwh: 0 }),
    evse(130, 'A', { energy_delivered_kwh: 1 }),
  ])
  return (await replay('print', '--log', lost)).out
}
