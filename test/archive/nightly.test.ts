import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ArchiveFiles } from '../../events/archive.ts'
import { dayPath } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { charger, everyKind, NOON } from './archived-records.ts'
import { createNightHome, manifestIn, type NightHome } from './night-home.ts'

const DAY = '2026-11-20'
const HOUR = 3_600_000
const now = () => NOON + 24 * HOUR

let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

const manifest = (day = DAY) => manifestIn(home, day)

const partition = (device: string, day = DAY) => `${dayPath(day)}/${device}/events.parquet`

describe('a night', () => {
  it('puts every record in its place by device and event time, and what landed is gone', async () => {
    const records = await home.take(everyKind())
    const done = await home.night(DAY, { now })
    expect(done).toMatchObject({ well: true, rows: 10, copies: 0, failed: [] })
    expect(await home.names()).toEqual([
      partition('dev-1', '2026-11-19'),
      partition('%2E.%2F..%2Fx'),
      partition('dev-1'),
      partition('shared=unplaced'),
      partition('t-1'),
      'manifests/2026-11-20.json',
    ])
    expect(await home.archived()).toEqual(records)
    expect((await manifest()).audit).toMatchObject({
      records: 10,
      missing: 0,
      confirmed: records.at(-1)?.position,
    })
    expect(await home.book.mark('confirmed')).toBe(records.at(-1)?.position)
  })

  it('drops copies, and of two keeps the one that came first', async () => {
    const [first, other] = await home.take([charger(1, NOON), charger(2, NOON + 5)])
    const copy = { ...charger(3, NOON), received_at: NOON + 9_000 }
    const [copied] = await home.take([copy])
    // A batch that was delivered twice.
    await home.land([other as LogRecord, copied as LogRecord])
    expect(await home.night(DAY, { now })).toMatchObject({ well: true, copies: 3 })
    expect(await home.archived()).toEqual([first, other])
    expect((await manifest()).audit).toMatchObject({ records: 3, missing: 0 })
  })

  it('run twice changes nothing', async () => {
    await home.take(everyKind())
    await home.night(DAY, { now })
    const before = await home.archived()
    expect(await home.night(DAY, { now: () => now() + 1 })).toMatchObject({
      well: true,
      rows: 0,
      partitions: 0,
    })
    expect(await home.archived()).toEqual(before)
  })

  it('late rows of a past day rewrite their partition alone, and copies of what is there are dropped', async () => {
    const first = await home.take([charger(1, NOON), charger(2, NOON, {}, 'dev-2')])
    await home.night(DAY, { now })
    const untouched = await home.files.get(partition('dev-2'))
    const next = NOON + 24 * HOUR
    const late = { ...charger(3, NOON + 1_000), received_at: next }
    const copy = { ...charger(4, NOON), received_at: next + 1 }
    const second = await home.take([late, copy, charger(5, next)])
    const done = await home.night('2026-11-21', { now: () => next + 24 * HOUR })
    expect(done).toMatchObject({ well: true, copies: 1, partitions: 2 })
    expect(await home.archived()).toEqual([...first, second[0], second[2]])
    expect(await home.files.get(partition('dev-2'))).toEqual(untouched)
    expect((await manifest('2026-11-21')).partitions.map(({ name, rows }) => [name, rows])).toEqual([
      [partition('dev-1'), 2],
      [partition('dev-1', '2026-11-21'), 1],
    ])
  })

  it('what arrives after the day waits for its own night', async () => {
    const tomorrow = Date.UTC(2026, 10, 21)
    await home.take([charger(1, NOON), charger(2, tomorrow)])
    await home.night(DAY, { now })
    expect((await home.names('landing/')).length).toBe(1)
    expect((await manifest()).audit.records).toBe(1)
    await home.night('2026-11-21', { now: () => tomorrow + 24 * HOUR })
    expect(await home.names('landing/')).toEqual([])
    expect((await manifest('2026-11-21')).audit.records).toBe(1)
  })

  it('a damaged landing file is set aside with its error, and the rest is compacted', async () => {
    const [sound] = await home.take([charger(1, NOON)])
    await home.take([charger(2, NOON + 1)])
    const damaged = (await home.names('landing/'))[1] as string
    const content = (await home.files.get(damaged)) as Uint8Array
    await home.files.put(damaged, content.slice(0, content.length / 2))
    await expect(home.night(DAY, { now })).rejects.toThrow('the manifest of the day names')
    expect(await home.archived().then((all) => all[0])).toEqual(sound)
    const aside = damaged.replace('landing/', 'set-aside/')
    expect(await home.names('set-aside/')).toEqual([aside, `${aside}.error.txt`])
    expect((await manifest()).set_aside).toMatchObject([{ name: damaged }])
    // What was in it is missing, and the audit says of whom.
    expect((await manifest()).audit).toMatchObject({
      missing: 1,
      devices: [{ device_id: 'dev-1', missing: 1 }],
    })
    expect(await home.book.mark('confirmed')).toBe('')
  })

  it('a file whose inside is damaged is found too', async () => {
    await home.take([charger(1, NOON)])
    const [name = ''] = await home.names('landing/')
    const content = Uint8Array.from((await home.files.get(name)) as Uint8Array)
    content.fill(0xff, 20, 400)
    await home.files.put(name, content)
    await expect(home.night(DAY, { now })).rejects.toThrow('the manifest of the day names')
    expect(await home.names('landing/')).toEqual([])
    expect((await manifest()).set_aside.length).toBe(1)
  })

  it('a day with too many devices for folders of their own shares files, and stays so', async () => {
    const many = Array.from({ length: 1_001 }, (_, n) => charger(n + 1, NOON + n, {}, `dev-${n}`))
    const taken = await home.take(many)
    await home.night(DAY, { now })
    const names = await home.names(dayPath(DAY))
    expect(names.length).toBe(128)
    expect(names[0]).toBe(`${dayPath(DAY)}/shared=000/events.parquet`)
    expect(await home.archived()).toEqual(taken)
    const late = { ...charger(2_000, NOON + 5_000, {}, 'dev-5'), received_at: NOON + 24 * HOUR }
    await home.take([late])
    const done = await home.night('2026-11-21', { now: () => NOON + 48 * HOUR })
    expect(done.partitions).toBe(1)
    expect((await home.names(dayPath(DAY))).length).toBe(128)
    expect((await home.archived()).length).toBe(1_002)
  })
})

describe('a night that fails', () => {
  const failing =
    (on: (name: string) => boolean) =>
    (files: ArchiveFiles): ArchiveFiles => ({
      ...files,
      move: async (from, to) => {
        if (on(to)) throw new Error('the put is refused')
        return files.move(from, to)
      },
    })

  it('loses no source: a refused put leaves what landed, and the next night takes it up', async () => {
    const records = await home.take([charger(1, NOON), charger(2, NOON, {}, 'dev-2')])
    const between = failing((name) => name.includes('dev-2'))
    await expect(home.night(DAY, { now, between })).rejects.toThrow('the manifest of the day names')
    expect((await manifest()).failed).toMatchObject([{ batch: 0, failed: true }])
    expect((await home.names('landing/')).length).toBe(1)
    expect(await home.archived()).toEqual(records)
    expect(await home.night(DAY, { now })).toMatchObject({ well: true })
    expect(await home.archived()).toEqual(records)
    expect(await home.names('landing/')).toEqual([])
  })

  it('does not verify what was changed on the way, and nothing of it is put in its place', async () => {
    const records = await home.take([charger(1, NOON), charger(2, NOON + 1)])
    const stranger = await createNightHome()
    await stranger.take([charger(1, NOON, { current_draw: 99 }), charger(2, NOON + 1)])
    const taken: Uint8Array[] = []
    await stranger.night(DAY, { now })
    taken.push((await stranger.files.get(partition('dev-1'))) as Uint8Array)
    await stranger.close()
    const between = (files: ArchiveFiles): ArchiveFiles => ({
      ...files,
      putFile: (name) => files.put(name, taken[0] as Uint8Array),
    })
    await expect(home.night(DAY, { now, between })).rejects.toThrow('the manifest of the day names')
    expect((await manifest()).failed).toMatchObject([{ error: 'NotVerified' }])
    expect(await home.names(dayPath(DAY))).toEqual([])
    expect(await home.archived()).toEqual(records)
  })

  it.each(['2026-02-30', '20-11-2026', 'yesterday', '2026-11-21', '2027-01-01'])(
    'a night of %s is refused before anything is touched',
    async (day) => {
      await expect(home.night(day, { now: () => Date.UTC(2026, 10, 21, 23) })).rejects.toThrow(/^day: /)
    },
  )
})

it('a night that is killed before any of its writes ends, when it is run again, where an unbroken one does', async () => {
  const world = async (of: NightHome) => {
    await of.take([charger(1, NOON), charger(2, NOON, {}, 'dev-2')])
    await of.night(DAY, { now })
    const late = { ...charger(3, NOON + 1_000), received_at: NOON + 24 * HOUR }
    await of.take([
      late,
      { ...charger(4, NOON), received_at: NOON + 24 * HOUR + 1 },
      charger(5, NOON + 24 * HOUR),
    ])
  }
  const second = { now: () => NOON + 48 * HOUR }
  await world(home)
  await home.night('2026-11-21', second)
  const [expected, names] = [await home.archived(), await home.names()]
  let crashes = 0
  for (let survived = 0; ; survived++) {
    const other = await createNightHome()
    await world(other)
    let left = survived
    const mortal = (files: ArchiveFiles): ArchiveFiles => {
      const dying = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
        return async (...args: A) => {
          if (left-- <= 0) throw new Error('killed')
          return work(...args)
        }
      }
      const { put, putFile, move, remove } = files
      return { ...files, put: dying(put), putFile: dying(putFile), move: dying(move), remove: dying(remove) }
    }
    const ended = await other.night('2026-11-21', { ...second, between: mortal }).then(
      () => true,
      () => false,
    )
    if (!ended) crashes++
    await other.night('2026-11-21', { now: () => NOON + 49 * HOUR })
    expect(await other.archived(), `killed after ${survived} writes`).toEqual(expected)
    expect(await other.names()).toEqual(names)
    expect(await other.book.mark('confirmed')).toBe(await home.book.mark('confirmed'))
    await other.close()
    if (ended) break
  }
  expect(crashes).toBeGreaterThan(8)
})

it('the state machine is one that Step Functions takes', async () => {
  // @ts-expect-error: it has no types.
  const validate = (await import('asl-validator')).default as Validator
  const text = readFileSync(new URL('../../workflows/nightly.asl.json', import.meta.url), 'utf8')
  const filled = text.replace(/\$\{(\w+)\}/g, 'arn:aws:lambda:eu-central-1:123456789012:function:$1')
  expect(validate(JSON.parse(filled))).toMatchObject({ isValid: true })
  expect(validate(JSON.parse(filled.replace('"Next": "Verify"', '"Next": "Nowhere"')))).toMatchObject({
    isValid: false,
  })
})

type Validator = (definition: unknown) => { isValid: boolean }
