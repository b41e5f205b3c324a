import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { filesOf } from '../../embedded/folder.ts'
import type { NewRecord } from '../../events/record.ts'
import { paceOf } from '../../tools/replay-modes.ts'
import { at, config, thermostat } from '../processors/messages.ts'
import { lawful } from '../simulation/law.ts'
import { fleetRecords, folderWith, newFolder, replay, write } from './replay-world.ts'

function dumpOf(data: string, path = filesOf(data).hot) {
  const store = sqliteStore(path)
  const dump = lawful(store.dump())
  store.close()
  return dump
}

async function logOf(data: string): Promise<NewRecord[]> {
  const log = sqliteLog(filesOf(data).log)
  const records = await log.read('', 1_000_000)
  log.close()
  return records
}

/** The same log, and nothing known of one of the devices. */
function forget(data: string, device_id: string): void {
  const hot = new DatabaseSync(filesOf(data).hot)
  for (const table of ['events', 'summaries', 'aliases', 'identities', 'checkpoints', 'config', 'states'])
    hot.prepare(`DELETE FROM ${table} WHERE device_id = ?`).run(device_id)
  hot.close()
}

/** Some of the messages, with every copy of them. */
function isLost({ payload }: NewRecord): boolean {
  return payload.reduce((sum, byte) => (sum * 31 + byte) % 1_009, 0) % 7 === 3
}

async function printed(data: string): Promise<string> {
  return write((await replay('print', '--log', data)).out)
}

describe('npm run replay -- repair', () => {
  it('brings back from the log what the store has lost, and then finds nothing more to do', async () => {
    const data = await folderWith(fleetRecords(11, 'normal'))
    const before = dumpOf(data)
    forget(data, 'sim-evse-01')
    const dry = await replay('repair', '--log', data, '--dry-run')
    expect(dry.code).toBe(1)
    expect(dry.out).toMatch(/would write .*\d+ events.*1 states/)
    expect(dry.out).toMatch(/about \$0\.\d+/)
    expect((await replay('verify', '--log', data, '--threads', '1')).code).toBe(1)
    const real = await replay('repair', '--log', data, '--yes')
    expect(real.code).toBe(0)
    expect(dumpOf(data)).toEqual(before)
    expect((await replay('verify', '--log', data, '--threads', '1')).code).toBe(0)
    const again = await replay('repair', '--log', data)
    expect(again).toMatchObject({ code: 0, err: '' })
    expect(again.out).toContain('wrote nothing')
  })

  it('takes from a file what never reached the log, and comes to what would have been', async () => {
    const records = fleetRecords(12, 'orderly')
    const whole = await folderWith(records)
    const all = await printed(whole)
    const lost = await folderWith(records.filter((one) => one.source === 'internal' || !isLost(one)))
    expect((await replay('verify', '--file', all, '--data', lost, '--threads', '1')).code).toBe(1)
    const appended = (await logOf(lost)).length
    expect((await replay('repair', '--file', all, '--data', lost, '--yes')).code).toBe(0)
    expect(dumpOf(lost)).toEqual(dumpOf(whole))
    const now = await logOf(lost)
    expect(now.length).toBeGreaterThan(appended)
    expect(new Set(now.slice(appended).map(({ verdict }) => verdict))).toContain('replayed')
    expect((await replay('repair', '--file', all, '--data', lost, '--yes')).out).toContain('wrote nothing')
    expect((await logOf(lost)).length).toBe(now.length)
  })

  it('asks before it writes, and in a pipe does not unless it is told yes', async () => {
    const data = await folderWith(fleetRecords(13, 'none'))
    forget(data, 'sim-evse-02')
    const { code, out, err } = await replay('repair', '--log', data)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('would write')
    expect(err).toContain('--yes says yes')
    expect((await replay('verify', '--log', data, '--threads', '1')).code).toBe(1)
  })

  it('stops where it would write more than it said', async () => {
    const data = await folderWith(fleetRecords(13, 'none'))
    const before = dumpOf(data)
    forget(data, 'sim-evse-02')
    const less = dumpOf(data)
    const { code, err } = await replay('repair', '--log', data, '--most', '5')
    expect(code).toBe(2)
    expect(err).toMatch(/more than the 5 rows it said/)
    expect(dumpOf(data)).toEqual(less)
    expect((await replay('repair', '--log', data, '--most', '5', '--yes')).code).toBe(0)
    expect(dumpOf(data)).toEqual(before)
  })
})

describe('npm run replay -- shadow', () => {
  it('folds all of the log into a store of its own, which verify may be held against', async () => {
    const data = await folderWith(fleetRecords(14, 'normal', ['--shared-circuits', '1']))
    const live = dumpOf(data)
    expect((await replay('shadow', 'next', '--log', data, '--dry-run')).code).toBe(1)
    expect(existsSync(join(data, 'shadow-next.sqlite'))).toBe(false)
    expect((await replay('shadow', 'next', '--log', data, '--yes')).code).toBe(0)
    expect(dumpOf(data, join(data, 'shadow-next.sqlite'))).toEqual(live)
    expect(dumpOf(data)).toEqual(live)
    expect((await replay('verify', '--log', data, '--table', 'next', '--threads', '1')).code).toBe(0)
    expect((await replay('shadow', 'next', '--log', data, '--yes')).err).toContain('is there already')
    expect((await replay('shadow', '../x', '--log', data)).err).toContain('is no name')
    expect((await replay('shadow', '--log', data)).err).toContain('needs the name')
  })

  it('of a range has the configurations in force that were set before, and nothing else of then', async () => {
    const day = 24 * 60
    const rated = config(0, 'therm-1', {
      device_type: 'thermostat',
      location: 'yard',
      rated_power_heating_kw: 4,
    })
    const calls = [1, 2, 3, 4].flatMap((n) => [
      thermostat(n * day, { heating_call: true, cooling_call: false }),
      thermostat(n * day + 60, { heating_call: false, cooling_call: false }),
    ])
    const data = await folderWith([rated, ...calls])
    const from = ['--log', data, '--from', `${at(3 * day)}`]
    expect((await replay('shadow', 'late', ...from, '--yes')).code).toBe(0)
    const { events = [], summaries = [] } = dumpOf(data, join(data, 'shadow-late.sqlite'))
    const told = summaries as { location: string; body: Record<string, unknown> }[]
    expect(told.map(({ location, body }) => [location, body.energy_consumed_kwh])).toEqual([
      ['yard', 4],
      ['yard', 4],
    ])
    expect(events).toHaveLength(1 + 4 + 4)
    const { out } = await replay('print', ...from)
    expect(out.split('\n').filter(Boolean)).toHaveLength(4)
  })
})

describe('npm run replay -- restream', () => {
  it('puts the records on another log as they were received, and its store is the same', async () => {
    const data = await folderWith(fleetRecords(15, 'normal', ['--shared-circuits', '1']))
    const into = newFolder()
    expect((await replay('restream', '--log', data, '--into', into, '--dry-run')).code).toBe(1)
    expect((await logOf(into)).length).toBe(0)
    const { code, out } = await replay('restream', '--log', data, '--into', into, '--yes', '--json', '-')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ report: 'restream', dry_run: false })
    const was = (await logOf(data)).map(({ received_at, topic }) => ({ received_at, topic }))
    const now = (await logOf(into))
      .slice(0, was.length)
      .map(({ received_at, topic }) => ({ received_at, topic }))
    expect(now.length).toBe(was.length)
    expect(dumpOf(into)).toEqual(dumpOf(data))
    expect((await replay('restream', '--log', data, '--into', data)).err).toContain('names the source itself')
  })

  it('goes on from its checkpoint, and not from that of another replay', async () => {
    const data = await folderWith(fleetRecords(16, 'none'))
    const file = await printed(data)
    const into = newFolder()
    const checkpoint = write('', 'checkpoint.json')
    const args = ['restream', '--file', file, '--into', into, '--yes', '--checkpoint', checkpoint]
    expect((await replay(...args)).err).toContain('is no checkpoint')
    const lines = readFileSync(file, 'utf8')
    const half = lines.indexOf('\n', lines.length / 2) + 1
    writeFileSync(file, lines.slice(0, half))
    const fresh = `${checkpoint}.2`
    const [first, second] = [await replay(...args.slice(0, -1), fresh), await half0()]
    async function half0() {
      writeFileSync(file, lines)
      return replay(...args.slice(0, -1), fresh)
    }
    expect([first.code, second.code]).toEqual([0, 0])
    expect((await logOf(into)).length).toBe((await logOf(data)).length)
    expect(dumpOf(into)).toEqual(dumpOf(data))
    const other = await replay('restream', '--log', data, '--into', into, '--yes', '--checkpoint', fresh)
    expect(other.err).toContain('is the checkpoint of another replay')
  })

  it('keeps the pace that it is told: a minute over 1,200 takes 50 ms and no less', async () => {
    const pace = paceOf(1_200)
    const began = performance.now()
    await pace(1_000_000)
    await pace(1_060_000)
    expect(performance.now() - began).toBeGreaterThan(45)
    await paceOf(null)(5)
  })
})
