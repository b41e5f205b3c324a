import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { realData } from '../real-data.ts'
import { newFolder, recordedRows, startRealHome } from './real-home.ts'

const file = realData('charge-10hz-charger.csv.gz')

describe.skipIf(file === null)('a real DC charge at 10 Hz, through the embedded home', () => {
  let folder: ReturnType<typeof newFolder>
  let rows: Record<string, string>[]
  let sessions: Record<string, unknown>[]
  let told: { from: number; to: number; register_kwh: number }

  beforeAll(async () => {
    folder = newFolder()
    rows = await recordedRows(file as string)
    const samples = rows.map((row) => ({
      timestamp: Math.round(Number(row.timestamp) * 1000),
      voltage_v: Number(row.voltage),
      current_draw: Number(row.current),
      energy_delivered_kwh: Number(row.charged_energy) / 1000,
    }))
    const first = samples[0] as (typeof samples)[0]
    const last = samples.at(-1) as (typeof samples)[0]
    told = { from: first.timestamp - 1, to: last.timestamp + 1, register_kwh: last.energy_delivered_kwh }
    const real = await startRealHome(folder.data)
    // What the charger's plate says; the 80 A of an AC socket would not explain its 400 V.
    await real.configure('dc-1', told.from, { device_type: 'evse', rated_power_kw: 50 })
    await real.say('evse', 'dc-1', [
      { timestamp: told.from, event_type: 'session_start', pilot_state: 'B', session_id: 'charge' },
      { ...first, pilot_state: 'C', session_id: 'charge' },
      ...samples.slice(1).map((sample) => ({ ...sample, event_type: 'telemetry', session_id: 'charge' })),
      { ...last, timestamp: told.to, event_type: 'session_end', pilot_state: 'A', session_id: 'charge' },
    ])
    await real.settle()
    sessions = await real.all('session')
    expect(real.home.figures()).toMatchObject({ late: 0, duplicates: 0, quarantined: 0 })
    await real.stop()
  })

  afterAll(() => folder.remove())

  it('is one session with one leg, from its first sample to its last', () => {
    expect(rows).toHaveLength(12_219)
    expect(sessions).toHaveLength(1)
    expect(sessions[0]).toMatchObject({ started_at: told.from, ended_at: told.to, end_reason: 'unplugged' })
    expect(sessions[0]?.legs).toHaveLength(1)
  })

  it('has the energy of its register, 5,443.62 Wh', () => {
    expect(told.register_kwh).toBeCloseTo(5.44362, 5)
    expect(sessions[0]?.energy_kwh).toBeCloseTo(told.register_kwh, 6)
  })

  it('has an integral within 0.1 % of it, and so a high confidence', () => {
    const integral_kwh = Number(sessions[0]?.energy_integral_kwh)
    expect(integral_kwh).toBeCloseTo(5.44672, 4)
    expect(Math.abs(integral_kwh / 5.44362 - 1)).toBeLessThan(0.001)
    expect(sessions[0]?.energy_confidence).toBe('high')
  })

  it('has its peak current, and no gap', () => {
    expect(sessions[0]?.peak_current_a).toBeCloseTo(50.3, 3)
    expect(sessions[0]?.longest_gap_s).toBeLessThan(0.2)
  })
})
