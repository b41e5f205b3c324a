import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { realData } from '../real-data.ts'
import { newFolder, recordedRows, startRealHome } from './real-home.ts'

const file = realData('household-meter-2007-02.txt.gz')
const MINUTE_MS = 60_000

/** A house stands in for a charger that reports its power every minute and has no register. */
describe.skipIf(file === null)('two days of a real house by the minute, through the embedded home', () => {
  let folder: ReturnType<typeof newFolder>
  let samples: { timestamp: number; power_kw: number; voltage_v: number; current_draw: number }[]
  let session: Record<string, unknown> | undefined

  beforeAll(async () => {
    folder = newFolder()
    samples = (await recordedRows(file as string, ';')).map((row) => ({
      timestamp: Date.parse(`${row.DateTime?.replace(' ', 'T')}Z`),
      power_kw: Number(row.Global_active_power),
      voltage_v: Number(row.Voltage),
      current_draw: Number(row.Global_intensity),
    }))
    const last = samples.at(-1)?.timestamp as number
    const real = await startRealHome(folder.data)
    await real.say('evse', 'house', [
      ...samples.map((sample, index) => ({ ...sample, ...(index === 0 && { pilot_state: 'C' }) })),
      { timestamp: last + MINUTE_MS, pilot_state: 'A' },
    ])
    await real.settle()
    const sessions = await real.all('session')
    expect(sessions).toHaveLength(1)
    session = sessions[0]
    expect(real.home.figures()).toMatchObject({ late: 0, duplicates: 0, quarantined: 0 })
    await real.stop()
  })

  afterAll(() => folder.remove())

  it('are 2,880 minutes without a gap', () => {
    expect(samples).toHaveLength(2_880)
    expect(session?.longest_gap_s).toBe(60)
  })

  it('have the energy of their powers, and the confidence of an integral', () => {
    const pairs = samples.slice(1).map((next, index) => [samples[index], next] as const)
    const kwh = pairs.reduce((sum, [a, b]) => sum + ((a?.power_kw ?? 0) + b.power_kw) / 2 / 60, 0)
    expect(kwh).toBeGreaterThan(58)
    expect(session?.energy_kwh).toBeCloseTo(kwh, 4)
    expect(session?.energy_confidence).toBe('integral')
  })

  it('have the highest current that a minute had', () => {
    expect(session?.peak_current_a).toBe(Math.max(...samples.map(({ current_draw }) => current_draw)))
  })
})
