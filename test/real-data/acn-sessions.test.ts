import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SESSION_FIELDS } from '../../processors/import-fields.ts'
import { parseMapping } from '../../processors/import-mapping.ts'
import type { ImportReport } from '../../processors/import-report.ts'
import { readRows } from '../../processors/import-rows.ts'
import { importSessions, planSessions } from '../../processors/import-sessions.ts'
import { readBytes } from '../../tools/import-file.ts'
import { realData } from '../real-data.ts'
import { newFolder, type RealHome, recordedRows, rowCounts, startRealHome } from './real-home.ts'

const file = realData('acn-caltech-2019-03-sessions.csv')
const MAP =
  'session_id=session_id,device_id=station_id,started_at=connected_at,ended_at=disconnected_at,energy_kwh=kwh'

type Told = { session_id: string; station_id: string; started_at: number; ended_at: number; kwh: number }
type Found = {
  device_session_id: string
  device_id: string
  started_at: number
  ended_at: number
  energy_kwh: number
  energy_confidence: string
  end_reason: string
}

async function importFile({ ports, settle }: RealHome): Promise<ImportReport> {
  const rows = readRows(readBytes(file as string), ',')
  const mapping = parseMapping(SESSION_FIELDS, [MAP], [])
  const plan = await planSessions(rows, mapping, { zone: null, latest: Date.now() })
  const report = await importSessions(plan, ports)
  await settle()
  return report
}

describe.skipIf(file === null)('954 real sessions of 47 stations, through the embedded home', () => {
  let folder: ReturnType<typeof newFolder>
  let report: ImportReport
  let told: Told[]
  let found: Found[]
  let counts: Record<string, number>

  beforeAll(async () => {
    folder = newFolder()
    told = (await recordedRows(file as string)).map((row) => ({
      session_id: row.session_id as string,
      station_id: row.station_id as string,
      started_at: Date.parse(row.connected_at as string),
      ended_at: Date.parse(row.disconnected_at as string),
      kwh: Number(row.kwh),
    }))
    const real = await startRealHome(folder.data)
    report = await importFile(real)
    found = (await real.all('session')) as Found[]
    expect(real.home.figures()).toMatchObject({ late: 0, duplicates: 0, quarantined: 0 })
    await real.stop()
    counts = rowCounts(folder.data)
  })

  afterAll(() => folder.remove())

  it('are 954, and every row was good', () => {
    expect(report).toEqual({ rows: 954, good: 954, repeated: 0, unchanged: 0, bad: [] })
    expect(found).toHaveLength(954)
    expect(new Set(found.map(({ device_id }) => device_id)).size).toBe(47)
  })

  it('have each its own station, times and energy, to the Wh', () => {
    const byName = new Map(found.map((session) => [session.device_session_id, session]))
    for (const { session_id, station_id, started_at, ended_at, kwh } of told) {
      const session = byName.get(session_id)
      expect(session, session_id).toMatchObject({ device_id: station_id, started_at, ended_at })
      expect(session?.energy_kwh.toFixed(3), session_id).toBe(kwh.toFixed(3))
    }
  })

  it('have 8,900.522 kWh together', () => {
    expect(found.reduce((sum, { energy_kwh }) => sum + energy_kwh, 0).toFixed(3)).toBe('8900.522')
  })

  it('are none of them disputed, and all unplugged', () => {
    expect(new Set(found.map(({ energy_confidence }) => energy_confidence))).toEqual(new Set(['register']))
    expect(new Set(found.map(({ end_reason }) => end_reason))).toEqual(new Set(['unplugged']))
  })

  it('never overlap on one station, though some touch', () => {
    const sorted = found.toSorted(
      (a, b) => a.device_id.localeCompare(b.device_id) || a.started_at - b.started_at,
    )
    const pairs = sorted.slice(1).map((session, index) => [sorted[index] as Found, session] as const)
    const neighbours = pairs.filter(([one, next]) => one.device_id === next.device_id)
    expect(neighbours.filter(([one, next]) => one.ended_at > next.started_at)).toEqual([])
    expect(neighbours.filter(([one, next]) => one.ended_at === next.started_at)).toHaveLength(6)
  })

  it('are not laid twice by a second import', async () => {
    const real = await startRealHome(folder.data)
    const second = await importFile(real)
    const again = await real.all('session')
    const figures = real.home.figures()
    await real.stop()
    expect(second).toMatchObject({ good: 954, bad: [] })
    expect(figures).toMatchObject({ events: 0, decided: 0, late: 0, quarantined: 0 })
    expect(figures.duplicates).toBe(figures.records_in)
    expect(again).toEqual(found)
    expect(rowCounts(folder.data)).toEqual(counts)
  })
})
