/** One device's life as a list of small steps, so that a counterexample shrinks to the few that matter. */
import fc from 'fast-check'
import type { NewRecord } from '../../events/record.ts'
import type { Random } from '../simulation/device-life.ts'
import {
  arrived,
  bootedEvse,
  CHARGER,
  config,
  evse,
  gpio,
  THERMOSTAT,
  thermostat,
  until,
} from './messages.ts'

/** Waits between two records. Events share a millisecond where one comes as late as its wait was long. */
const MINUTES = [0.001, 1, 16, 300, 8 * 24 * 60]

type Step = { wait: number; of: (minute: number) => NewRecord }

const pilot = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F')
const eventType = fc.constantFrom('state_change', 'telemetry', 'session_start', 'session_end')
const kwh = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined })
const session_id = fc.constantFrom('', 's-1', 's-2')

/** Stamped by uptime: when it was, depends on what came before it. */
const booted = {
  arbitrary: fc.tuple(pilot, fc.constantFrom(1, 60, 3_600)).map(
    ([state, uptime_s]) =>
      (minute: number) =>
        bootedEvse(minute, uptime_s, state),
  ),
  weight: 2,
}

const synced = [
  { arbitrary: reported(fc.constantFrom(0, 0, 0, -1, -30, 3, 60)), weight: 6 },
  {
    arbitrary: internalOf(CHARGER, { device_type: 'evse', report_interval_s: 60, location: 'yard' }),
    weight: 2,
  },
  {
    arbitrary: fc.constant((minute: number) => evse(minute, 'B', { pwm_duty_cycle: 140 })),
    weight: 1,
  },
]

/** A message whose own time is so many minutes off the one at which it comes. */
function reported(off: fc.Arbitrary<number>): fc.Arbitrary<Step['of']> {
  return fc.tuple(off, pilot, eventType, kwh, session_id).map(
    ([minutes, state, event_type, energy_delivered_kwh, id]) =>
      (minute) =>
        evse(
          minute + minutes,
          state,
          { event_type, energy_delivered_kwh, session_id: id },
          { received: minute },
        ),
  )
}

function internalOf(device_id: string, put: Parameters<typeof config>[2]): fc.Arbitrary<Step['of']> {
  return fc.oneof(
    fc.constant((minute: number) => until(minute, device_id)),
    fc.constantFrom(-60, 0, 60).map((ahead) => (minute: number) => {
      return config(minute, device_id, put, { from: minute + ahead })
    }),
  )
}

const wired = {
  device_type: 'thermostat',
  rated_power_cooling_kw: 3,
  stuck_call_s: 600,
  gpio: { Y1: { signal: 'cooling_call' }, Y2: { signal: 'cooling_call', stage: 2 } },
} as const

const thermostatStep: fc.Arbitrary<Step['of']> = fc.oneof(
  {
    arbitrary: fc
      .tuple(fc.boolean(), fc.boolean(), fc.constantFrom(0, 0, -1, -30))
      .map(([heating_call, cooling_call, off]) => (minute: number) => {
        return thermostat(minute + off, { heating_call, cooling_call }, { received: minute })
      }),
    weight: 4,
  },
  {
    arbitrary: fc.tuple(fc.constantFrom('Y1', 'Y2', 'G'), fc.constantFrom(0 as const, 1 as const)).map(
      ([pin, state]) =>
        (minute: number) =>
          gpio(minute, pin, state),
    ),
    weight: 3,
  },
  {
    arbitrary: internalOf(THERMOSTAT, wired),
    weight: 2,
  },
  { arbitrary: fc.constant((minute: number) => arrived('sidewalk/x', minute, '{')), weight: 1 },
)

/**
 * Records of one device in the order in which they were received. The device is known, and its pins are wired, from the
 * first of them on: a record that was refused, and that a later one makes acceptable, is not told when it comes again.
 */
export const oneDevice: fc.Arbitrary<NewRecord[]> = lifeOf(fc.oneof(...synced, booted))

/** The same of a device whose clock is set. */
export const setClock: fc.Arbitrary<NewRecord[]> = lifeOf(fc.oneof(...synced))

function lifeOf(charger: fc.Arbitrary<Step['of']>): fc.Arbitrary<NewRecord[]> {
  return fc.oneof(
    stepsOf(charger).map((steps) => [evse(0, 'A'), ...lived(steps)]),
    stepsOf(thermostatStep).map((steps) => [config(0, THERMOSTAT, wired), ...lived(steps)]),
  )
}

function lived(steps: Step[]): NewRecord[] {
  let minute = 0
  return steps.map(({ wait, of }) => {
    minute += wait
    return of(minute)
  })
}

function stepsOf(of: fc.Arbitrary<Step['of']>): fc.Arbitrary<Step[]> {
  return fc.array(fc.record({ wait: fc.constantFrom(...MINUTES), of }), { minLength: 1, maxLength: 30 })
}

/** Chance as a list that shrinks: where it is used up, nothing goes wrong any more. */
export const misfortune: fc.Arbitrary<Random> = fc
  .array(fc.nat({ max: 9_999 }), { maxLength: 150, size: 'max' })
  .map((numbers) => {
    let used = 0
    const next = () => (numbers[used++] ?? 9_999) / 10_000
    const below = (n: number) => Math.floor(next() * n)
    return {
      next,
      below,
      chance: (p: number) => next() < p,
      pick: <T>(of: readonly T[]) => of[below(of.length)] as T,
    }
  })
