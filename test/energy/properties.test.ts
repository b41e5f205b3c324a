/** What holds of any session whatever its readings are. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  announceStart,
  type EnergyLimits,
  type EnergyReading,
  openMeter,
  readMeter,
  type SessionMeter,
  totals,
} from '../../energy/session-energy.ts'
import { T0 } from './metered.ts'

type Step = { after_ms: number; announced: boolean; repeats: number; reading: Omit<EnergyReading, 'at'> }
type World = { limits: EnergyLimits; announced: boolean; before_kwh: number | null; steps: Step[] }

const kwh = fc.oneof(
  fc.double({ min: 0, max: 30, noNaN: true }),
  fc.integer({ min: 0, max: 40 }).map((n) => n / 100),
  fc.constant(0),
  fc.double({ min: -10, max: 2e6, noNaN: true }),
)
const reading = fc.record(
  {
    register_kwh: kwh,
    current_a: fc.double({ min: -50, max: 200, noNaN: true }),
    voltage_v: fc.double({ min: 0, max: 500, noNaN: true }),
    power_kw: fc.double({ min: -20, max: 1e6, noNaN: true }),
  },
  { requiredKeys: [] },
)
const step = fc.record({
  after_ms: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 5_000 }),
    fc.integer({ min: 0, max: 7_200_000 }),
  ),
  announced: fc.nat(9).map((n) => n === 0),
  repeats: fc.integer({ min: 0, max: 3 }),
  reading,
})
const world: fc.Arbitrary<World> = fc.record({
  limits: fc.record(
    {
      rated_power_kw: fc.constantFrom(3.7, 7.4, 22, 150),
      rated_voltage_v: fc.constantFrom(120, 230, 400),
      report_interval_s: fc.constantFrom(10, 60, 900),
    },
    { requiredKeys: [] },
  ),
  announced: fc.boolean(),
  before_kwh: fc.option(kwh),
  steps: fc.array(step, { minLength: 1, maxLength: 30 }),
})

/** Each meter that the world leads to, one a step. */
function metersOf({ limits, announced, before_kwh, steps }: World, repeated = false): SessionMeter[] {
  const before = before_kwh === null ? null : { kwh: before_kwh, at: T0 - 1 }
  let at = T0
  const meters: SessionMeter[] = []
  for (const one of steps) {
    const last = meters.at(-1)
    at += last ? one.after_ms : 0
    const told = { at, ...one.reading }
    let meter = last
      ? heard(last, told, one.announced, limits)
      : openMeter(told, { announced, before }, limits)
    // A start that is announced inside a session is not read, so its repeats are not either.
    const unread = last && one.announced
    for (let i = 0; repeated && !unread && i < one.repeats; i++) meter = readMeter(meter, told, limits)
    meters.push(meter)
  }
  return meters
}

function heard(
  meter: SessionMeter,
  told: EnergyReading,
  announced: boolean,
  limits: EnergyLimits,
): SessionMeter {
  if (!announced) return readMeter(meter, told, limits)
  const { register_kwh: _stale, ...rest } = told
  return readMeter(announceStart(meter, told.at), rest, limits)
}

function couldFlow_kwh(meter: SessionMeter, limits: EnergyLimits): number {
  const rated_kw = limits.rated_power_kw ?? (80 * (limits.rated_voltage_v ?? 240)) / 1000
  return (rated_kw * 1.1 * (meter.heard_at - meter.began_at)) / 3_600_000
}

describe('of any readings in any order', () => {
  test('energy is never negative, and never above what could have flowed and one step of the register', () => {
    fc.assert(
      fc.property(world, (of) => {
        for (const meter of metersOf(of)) {
          const { energy_kwh, energy_integral_kwh, longest_gap_s } = totals(meter, of.limits)
          const most_kwh = couldFlow_kwh(meter, of.limits)
          expect(energy_kwh ?? 0).toBeGreaterThanOrEqual(0)
          expect(energy_kwh ?? 0).toBeLessThanOrEqual(most_kwh + 0.01 + 2e-6)
          expect(energy_integral_kwh ?? 0).toBeGreaterThanOrEqual(0)
          expect(energy_integral_kwh ?? 0).toBeLessThanOrEqual(most_kwh + 2e-6)
          expect(longest_gap_s).toBeLessThanOrEqual((meter.heard_at - meter.began_at) / 1000)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('any number of exact repeats of a reading changes nothing', () => {
    fc.assert(
      fc.property(world, (of) => {
        expect(metersOf(of, true)).toEqual(metersOf(of, false))
      }),
      { numRuns: 1_000 },
    )
  })

  test('the register and the integral, each by itself, never give back what they counted', () => {
    fc.assert(
      fc.property(world, (of) => {
        let [register, integral] = [0, 0]
        for (const meter of metersOf(of)) {
          const { closed_kwh, last_kwh, base_kwh } = meter.register
          const counted = closed_kwh + last_kwh - (base_kwh ?? last_kwh)
          expect(counted).toBeGreaterThanOrEqual(register - 1e-9)
          expect(meter.integral.kwh).toBeGreaterThanOrEqual(integral)
          register = counted
          integral = meter.integral.kwh
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('a meter is plain JSON and is never changed in place', () => {
    fc.assert(
      fc.property(world, (of) => {
        const frozen: SessionMeter[] = []
        for (const meter of metersOf({ ...of, steps: of.steps.slice(0, 8) })) frozen.push(deepFrozen(meter))
        for (const meter of frozen) {
          expect(JSON.parse(JSON.stringify(meter))).toEqual(meter)
          const later = heard(
            meter,
            { at: meter.heard_at + 1000, register_kwh: 3, power_kw: 2 },
            false,
            of.limits,
          )
          announceStart(meter, later.heard_at)
          totals(meter, of.limits)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('of a charge that is read honestly', () => {
  /** Energy of each reading's interval, as a share of what the charger could have delivered. */
  const charge = fc.record({
    rated_kw: fc.constantFrom(3.7, 7.4, 22),
    every_s: fc.constantFrom(1, 10, 60, 900),
    from_kwh: fc.constantFrom(0, 4.2, 909_948.123),
    shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 60 }),
    restart: fc.nat(),
    shows_zero: fc.boolean(),
  })

  function registerOf(from_kwh: number, steps_kwh: number[]): number[] {
    const register = [from_kwh]
    for (const kwh of steps_kwh) register.push((register.at(-1) as number) + kwh)
    return register
  }

  function energyRead(register: number[], every_s: number, limits: EnergyLimits) {
    const opening = { at: T0, register_kwh: register[0] as number }
    let meter = openMeter(opening, { announced: false, before: null }, limits)
    for (const [i, register_kwh] of register.entries()) {
      if (i > 0) meter = readMeter(meter, { at: T0 + i * every_s * 1000, register_kwh }, limits)
    }
    return totals(meter, limits)
  }

  test('every kWh is counted and nothing is disputed, be the register renewed by 10 Wh only', () => {
    fc.assert(
      fc.property(charge, fc.boolean(), ({ rated_kw, every_s, from_kwh, shares }, coarse) => {
        const steps = shares.map((share) => (share * rated_kw * every_s) / 3600)
        const exact = registerOf(from_kwh, steps)
        const register = coarse ? exact.map((kwh) => Math.floor(kwh * 100) / 100) : exact
        const read = energyRead(register, every_s, { rated_power_kw: rated_kw })
        const delivered = (register.at(-1) as number) - (register[0] as number)
        expect(read.energy_kwh).toBeCloseTo(delivered, 5)
        expect(read.energy_confidence).toBe('register')
      }),
      { numRuns: 1_000 },
    )
  })

  test('a restart to 0 at any point keeps the sum within one step', () => {
    fc.assert(
      fc.property(charge, ({ rated_kw, every_s, from_kwh, shares, restart, shows_zero }) => {
        const steps = shares.map((share) => (share * rated_kw * every_s) / 3600)
        const at = 1 + (restart % (steps.length - 1))
        const head = registerOf(from_kwh, steps.slice(0, at))
        const tail = registerOf(0, steps.slice(at))
        // Either the register is read at the moment of its restart, or it has counted again when it is next read.
        const register = [...head, ...(shows_zero ? tail : tail.slice(1))]
        const read = energyRead(register, every_s, { rated_power_kw: rated_kw })
        const delivered = steps.reduce((sum, kwh) => sum + kwh, 0)
        const step_kwh = Math.max(...steps) + 0.01
        expect(read.energy_kwh).toBeLessThanOrEqual(delivered + 1e-5)
        expect(read.energy_kwh).toBeGreaterThanOrEqual(delivered - step_kwh - 1e-5)
      }),
      { numRuns: 1_000 },
    )
  })
})

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFrozen(inner)
    Object.freeze(value)
  }
  return value
}
