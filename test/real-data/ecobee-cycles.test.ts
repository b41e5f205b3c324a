import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { telemetryTopic } from '../../events/topics.ts'
import { realData } from '../real-data.ts'
import { newFolder, recordedRows, startRealHome } from './real-home.ts'

const file = realData('ecobee-2016-07.csv')
const HEADER_LINE = 6
const ROW_S = 300
const RATED_KW = 3.5

type Run = { from: number; to: number }
type Row = { at: number; compressor_s: number }

/**
 * When the compressor ran. Each row says for how many of its 300 seconds: the first of a run for the last of them, the
 * last of a run for the first. The report's mode column is of the row's beginning, and is not asked.
 */
function compressorRuns(rows: Row[]): Run[] {
  const runs: Run[] = []
  let open: Run | null = null
  for (const { at, compressor_s } of rows) {
    if (compressor_s === 0) open = null
    else if (open) open.to = at + compressor_s * 1000
    else {
      open = { from: at + (ROW_S - compressor_s) * 1000, to: at + ROW_S * 1000 }
      runs.push(open)
    }
  }
  return runs
}

async function readReport(path: string): Promise<Row[]> {
  return (await recordedRows(path, ',', HEADER_LINE)).map((row) => {
    const [month, day, year] = (row.Date ?? '').split('/').map(Number)
    const [hour, minute, second] = (row.Time ?? '').split(':').map(Number)
    return {
      at: Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second),
      compressor_s: Number(row['Cool Stage 1 (sec)'] || 0),
    }
  })
}

describe.skipIf(file === null)('three days of a real thermostat, over MQTT through the embedded home', () => {
  let folder: ReturnType<typeof newFolder>
  let rows: Row[]
  let runs: Run[]
  let cycles: Record<string, unknown>[]

  beforeAll(async () => {
    folder = newFolder()
    rows = await readReport(file as string)
    runs = compressorRuns(rows)
    const real = await startRealHome(folder.data)
    const first = rows[0]?.at as number
    const config = { device_type: 'thermostat', rated_power_cooling_kw: RATED_KW } as const
    await real.configure('hall', first - 86_400_000, config)
    const client = await connectAsync(`mqtt://127.0.0.1:${real.home.mqtt_port}`, { protocolVersion: 4 })
    for (const { from, to } of runs)
      for (const [timestamp, cooling_call] of [[from, true] as const, [to, false] as const]) {
        const message = { device_id: 'hall', timestamp, heating_call: false, cooling_call }
        await client.publishAsync(telemetryTopic('thermostat', 'hall'), JSON.stringify(message), { qos: 1 })
      }
    await client.endAsync()
    await real.settle()
    cycles = await real.all('cycle')
    expect(real.home.figures()).toMatchObject({ late: 0, quarantined: 0 })
    await real.stop()
  })

  afterAll(() => folder.remove())

  it('are 677 rows', () => {
    expect(rows).toHaveLength(677)
  })

  it('hold 16 cycles, each with its beginning and its end to the second', () => {
    expect(cycles.map(({ started_at, ended_at }) => ({ from: started_at, to: ended_at }))).toEqual(runs)
    expect(cycles).toHaveLength(16)
  })

  it('hold 23,610 seconds of cooling, and none of heating', () => {
    const lengths = cycles.map(({ started_at, ended_at }) => Number(ended_at) - Number(started_at))
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(23_610_000)
    const hours = cycles.reduce((sum, { duration_hours }) => sum + Number(duration_hours), 0)
    expect(hours * 3600).toBeCloseTo(23_610, 6)
    expect(new Set(cycles.map(({ mode }) => mode))).toEqual(new Set(['cooling']))
    expect(new Set(cycles.map(({ end_reason }) => end_reason))).toEqual(new Set(['call_ended']))
  })

  it('have the energy of the rating in force then', () => {
    const kwh = cycles.reduce((sum, { energy_consumed_kwh }) => sum + Number(energy_consumed_kwh), 0)
    expect(kwh).toBeCloseTo((RATED_KW * 23_610) / 3600, 3)
  })
})
