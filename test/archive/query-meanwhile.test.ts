/** Questions while the files that they are about go away: a night puts a month together. */
import { renameSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { duckdbQuery, QUERY_LIMITS } from '../../adapters/duckdb-query.ts'
import { filesOf } from '../../embedded/folder.ts'
import { ArchiveMoved, BadQuestion, type QueryAnswer } from '../../events/archive-query.ts'
import { runQuery } from '../../tools/query-command.ts'
import { createHome } from '../api/home.ts'
import { AFTER_SECOND, octoberDays, SECOND } from './month-world.ts'
import { createNightHome, type NightHome } from './night-home.ts'

let home: NightHome
let root: string
beforeEach(async () => {
  home = await createNightHome()
  root = filesOf(home.data).archive
  await octoberDays(home, 'three')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await home.close()
})

const ALL = 'SELECT * EXCLUDE (received_at), day FROM events ORDER BY ALL'
/** So much that not all of it is read before somebody takes the first rows; the last file's day is the first of November. */
const LONG = `SELECT device_id, event_time, day, nth, repeat(nth::VARCHAR, 500) AS wide
  FROM (SELECT device_id, event_time, day, unnest(range(4000)) AS nth FROM events)`
const LAST = '2026/11/01/dev-1/events.parquet'
const MONTH = 'months/events/2026/10/000-of-001/events.parquet'
const LIMITS = { ...QUERY_LIMITS, rows: 1e6, bytes: 1e9 }
const ask = (sql = ALL) => duckdbQuery(root, LIMITS).ask(sql)

/** Does something at every try, when the folder has been looked at, or when the first rows have been read. */
function meanwhile(of: { looked?(nth: number): unknown; begun?(nth: number): unknown }): { tries(): number } {
  const { stream } = DuckDBPreparedStatement.prototype
  let tries = 0
  vi.spyOn(DuckDBPreparedStatement.prototype, 'stream').mockImplementation(async function (
    this: DuckDBPreparedStatement,
    ...args
  ) {
    tries++
    await of.looked?.(tries)
    const result = await stream.apply(this, args)
    await of.begun?.(tries)
    return result
  })
  return { tries: () => tries }
}

const lose = () => renameSync(join(root, LAST), join(home.data, 'lost'))
const putBack = () => renameSync(join(home.data, 'lost'), join(root, LAST))
const numberOf = ({ rows }: QueryAnswer) => rows.length

describe('a question that is asked while a night puts its month together', () => {
  it('misses nothing, and counts nothing twice', async () => {
    const before = await ask()
    const reading = meanwhile({
      looked: async (nth) => {
        if (nth === 1) await home.night(SECOND, AFTER_SECOND)
      },
    })
    expect(await ask()).toEqual(before)
    expect(reading.tries()).toBe(2)
    expect(await home.names('2026/10/')).toEqual([])
  })

  it('is asked again where a file goes that it was about to read', async () => {
    const before = numberOf(await ask(LONG))
    const reading = meanwhile({
      looked: (nth) => nth === 2 && putBack(),
      begun: (nth) => nth === 1 && lose(),
    })
    expect(numberOf(await ask(LONG))).toEqual(before)
    expect(reading.tries()).toBe(2)
  })

  it('that loses a file a second time is told so, and to ask again', async () => {
    const reading = meanwhile({ looked: (nth) => nth === 2 && putBack(), begun: lose })
    const told = await ask(LONG).catch((error: Error) => error)
    expect(told).toBeInstanceOf(ArchiveMoved)
    expect(String(told)).toMatch(/became others while it was asked.*: ask again in a minute$/)
    expect(reading.tries()).toBe(2)
  })

  it('twice is a 503 of the API, and exit code 1 of the command', async () => {
    await home.night(SECOND, AFTER_SECOND)
    const reading = meanwhile({ looked: (nth) => utimesSync(join(root, MONTH), nth, nth) })
    const { app } = await createHome({ query: duckdbQuery(root) })
    const answer = await app.request(`/v1/query?sql=${encodeURIComponent(ALL)}`)
    expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([503, 60])
    let said = ''
    const streams = { stdout: { write() {} }, stderr: { write: (text: string) => (said += text) } }
    expect(await runQuery(['--data', home.data, ALL], streams)).toBe(1)
    expect(said).toMatch(/^pilotline: files of the archive became others .*\n$/)
    expect(reading.tries()).toBe(4)
  })
})

it('what fails when rows have been read already is refused, and is no shorter answer', async () => {
  const sql = `SELECT wide, CASE WHEN day = DATE '2026-11-01' AND nth = 3999 THEN error('too far') END FROM (${LONG})`
  await expect(ask(sql)).rejects.toThrow(/too far/)
  await expect(ask(sql)).rejects.toThrow(BadQuestion)
})

describe('a question is asked once', () => {
  it('where nothing moves', async () => {
    const reading = meanwhile({})
    await ask()
    expect(reading.tries()).toBe(1)
  })

  it.each(['nothing.parquet', 'nothing/*.parquet'])(
    'that names files which there are not: %s',
    async (name) => {
      const run = vi.spyOn(DuckDBConnection.prototype, 'extractStatements')
      await expect(ask(`SELECT * FROM read_parquet('${root}/${name}')`)).rejects.toThrow(BadQuestion)
      expect(run).toHaveBeenCalledTimes(1)
    },
  )
})
