/** What was listed as too old is taken up by a replay (DESIGN §5.4, §5.5), though what it needs was forgotten since. */
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { filesOf } from '../../embedded/folder.ts'
import { MAX_TIMESTAMP_MS } from '../../events/key.ts'
import type { NewRecord } from '../../events/record.ts'
import { shadowPath } from '../../tools/replay-modes.ts'
import { at, bootedEvse, CHARGER, config, evse } from '../processors/messages.ts'
import { difference } from '../simulation/checkers.ts'
import { lawful } from '../simulation/law.ts'
import { folderWith, newFolder, processTo, replay, write } from './replay-world.ts'

const DAY = 24 * 60

/** A session a day. */
const daily: NewRecord[] = Array.from({ length: 121 }, (_, n) => n * DAY).flatMap((day) => [
  evse(day, 'B', { energy_delivered_kwh: day / DAY }),
  evse(day + 60, 'A', { energy_delivered_kwh: day / DAY + 1 }),
])
/** That the car had gone, and come again: two sessions of that day. */
const late: NewRecord[] = [
  evse(20 * DAY + 20, 'A', { energy_delivered_kwh: 20.25 }, { received: 121 * DAY }),
  evse(20 * DAY + 40, 'B', { energy_delivered_kwh: 20.25 }, { received: 121 * DAY }),
]
const rated = config(122 * DAY, CHARGER, { device_type: 'evse', location: 'yard' }, { from: 10 * DAY })

async function backfill(data: string): Promise<unknown[]> {
  const reads = sqliteReads(filesOf(data).hot)
  const page = await reads.summaries({ kind: 'too_old', by: 'all', from: 0, to: MAX_TIMESTAMP_MS, limit: 50 })
  reads.close()
  return page.items.map(({ body }) => body.what)
}

/** Live rows, the list of what is too old aside, which says how they came to be. */
function rowsOf(data: string, path = filesOf(data).hot) {
  const store = sqliteStore(path)
  const { events, summaries } = lawful(store.dump())
  store.close()
  const things = (summaries as { kind: string }[]).filter(({ kind }) => kind !== 'too_old')
  return { events: events ?? [], summaries: things }
}

/** As the server does it when their time is over. */
function forget(data: string, before: number): void {
  const hot = new DatabaseSync(filesOf(data).hot)
  for (const table of ['events', 'identities', 'checkpoints'])
    hot.prepare(`DELETE FROM ${table} WHERE ttl < ?`).run(Math.floor(before / 1000))
  hot.close()
}

/** What it comes to in a store that has never forgotten anything. */
async function whole(): Promise<ReturnType<typeof rowsOf>> {
  const data = await folderWith([...daily, ...late, rated])
  await replay('shadow', 'whole', '--log', data, '--yes')
  return rowsOf(data, shadowPath(data, 'whole'))
}

describe('what was set aside', () => {
  it('is listed, told of by verify, taken up by a repair, and listed no more', async () => {
    const data = await folderWith([...daily, ...late, rated])
    expect(await backfill(data)).toEqual(['config', 'event', 'event'])
    forget(data, at(122 * DAY))
    expect((await replay('verify', '--log', data, '--threads', '1')).code).toBe(1)
    const dry = await replay('repair', '--log', data, '--dry-run')
    expect(dry.code).toBe(1)
    expect(await backfill(data)).toHaveLength(3)
    expect(await replay('repair', '--log', data, '--yes')).toMatchObject({ code: 0 })
    expect(await backfill(data)).toEqual([])
    expect(difference(rowsOf(data), await whole())).toBeNull()
    expect((await replay('verify', '--log', data, '--threads', '1')).code).toBe(0)
    expect((await replay('repair', '--log', data)).out).toContain('wrote nothing')
  })

  it('is taken up from a file too, and stays where the file has not all of the device', async () => {
    const all = write((await replay('print', '--log', await folderWith([...daily, ...late, rated]))).out)
    const some = write((await replay('print', '--log', await folderWith([...daily.slice(10), ...late]))).out)
    const data = await folderWith([...daily, ...late, rated])
    const left = await replay('repair', '--file', some, '--data', data, '--yes', '--most', '1000000')
    expect(left.err).toContain(`the source has not everything: ${CHARGER}`)
    expect(await backfill(data)).toHaveLength(3)
    expect(await replay('repair', '--file', all, '--data', data, '--yes')).toMatchObject({ code: 0 })
    expect(await backfill(data)).toEqual([])
    expect(difference(rowsOf(data), await whole())).toBeNull()
  })

  it.each(['kept', 'forgotten'])(
    'and a boot whose offset got better, the rows behind it %s',
    async (rows) => {
      const delayed = (minute: number, delay_s: number, pilot: 'A' | 'B', kwh: number) =>
        bootedEvse(minute, 600 + minute * 60 - delay_s, pilot, { energy_delivered_kwh: kwh })
      const said = Array.from({ length: 121 }, (_, n) => n * DAY).flatMap((day) => [
        delayed(day, 5, 'B', 0),
        delayed(day + 60, 5, 'A', 1),
      ])
      const prompt = [delayed(121 * DAY, 0, 'B', 0), delayed(122 * DAY, 0, 'A', 1)]
      const all = [...said, ...prompt]
      const data = await folderWith(all)
      expect(await backfill(data)).toEqual(['boot'])
      if (rows === 'forgotten') forget(data, at(122 * DAY))
      expect((await replay('verify', '--log', data, '--threads', '1')).code).toBe(1)
      expect(await replay('repair', '--log', data, '--yes')).toMatchObject({ code: 0 })
      expect(await backfill(data)).toEqual([])
      const anew = await folderWith(all)
      await replay('shadow', 'whole', '--log', anew, '--yes')
      expect(difference(rowsOf(data), rowsOf(anew, shadowPath(anew, 'whole')))).toBeNull()
      expect((await replay('verify', '--log', data, '--threads', '1')).code).toBe(0)
      expect((await replay('repair', '--log', data)).out).toContain('wrote nothing')
    },
  )

  it('is folded into a shadow, where nothing is too old', async () => {
    const data = await folderWith([...daily, ...late, rated])
    expect((await replay('shadow', 'whole', '--log', data, '--yes')).code).toBe(0)
    expect((await replay('verify', '--log', data, '--table', 'whole', '--threads', '1')).code).toBe(0)
    expect(await backfill(data)).toHaveLength(3)
    const sessions = rowsOf(data, shadowPath(data, 'whole')).summaries
    expect(sessions).toHaveLength(122)
  })

  it('is left to a replay of everything: a range takes nothing up', async () => {
    const data = await folderWith([...daily, ...late, rated], newFolder())
    await processTo(data)
    const to = new Date(at(500 * DAY)).toISOString()
    expect((await replay('repair', '--log', data, '--yes', '--to', to)).code).toBe(0)
    expect(await backfill(data)).toHaveLength(3)
  })
})
