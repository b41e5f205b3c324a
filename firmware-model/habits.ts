/**
 * Who uses a charger, and when: the visits that a household's, an office's or a public charger's drivers make.
 * Pure plans from chance; what the charger makes of them is charger-sim.ts.
 */
import { around, between, chance, pick, type Random, unit, wholeBetween } from './random.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** `calm`: as people live. `brisk`: for a demonstration, a session lasts one to three minutes. */
export type Pace = 'calm' | 'brisk'

export type ChargerKind = 'home' | 'work' | 'public'

/** The people around one charger: what repeats from day to day. */
export type Habits = {
  kind: ChargerKind
  /** Minute of the day (UTC plus offset) at which a home's car comes back and an office's drivers arrive. */
  arrives_min: number
  /** How long a car usually stays. */
  stays_min: number
  /** Chance that a day has a visit at all; a public charger has several. */
  comes: number
  /** Minutes between plugging in and charging, for those who charge at night. */
  charges_after_min: number
  car: Car
}

export type Car = {
  battery_kwh: number
  max_current_a: number
  /** Share of the battery that a day's driving takes. */
  daily_use: number
  /** The charge at which the driver lets it stop. */
  stops_at: number
}

/** One visit, as it will happen unless power fails. Times are epoch ms. */
export type Visit = {
  plugs_at: number
  /** The car asks for energy; beyond `unplugs_at` it never does. */
  charges_at: number
  unplugs_at: number
  /** 0 to 1. */
  soc: number
  stops_at: number
  battery_kwh: number
  max_current_a: number
  /** Asks for energy at once, sooner than the charger polls: A → C. */
  skips_b: boolean
  /** Needs ventilation, as few cars do (state D). */
  ventilates: boolean
  /** A fault during the visit (state E), which clears. */
  fault: { at: number; lasts_ms: number } | null
}

export function newHabits(random: Random): Habits {
  const kind = pick<ChargerKind>(random, ['home', 'home', 'work', 'public', 'public'])
  const car = newCar(random)
  if (kind === 'home') {
    const charges_after_min = chance(random, 0.3) ? wholeBetween(random, 120, 300) : 0
    return {
      kind,
      arrives_min: around(random, 18 * 60, 60),
      stays_min: around(random, 12.5 * 60, 60),
      comes: between(random, 0.75, 0.98),
      charges_after_min,
      car,
    }
  }
  if (kind === 'work')
    return {
      kind,
      arrives_min: around(random, 8.5 * 60, 30),
      stays_min: 510,
      comes: 0.9,
      charges_after_min: 0,
      car,
    }
  return { kind, arrives_min: 7 * 60, stays_min: 75, comes: 1, charges_after_min: 0, car }
}

function newCar(random: Random): Car {
  return {
    battery_kwh: pick(random, [40, 52, 58, 64, 75, 77, 82]),
    max_current_a: pick(random, [16, 24, 32, 32, 40, 48]),
    daily_use: between(random, 0.12, 0.4),
    stops_at: pick(random, [0.8, 0.8, 0.9, 1]),
  }
}

/** The next visit that begins at or after `after`. Always one: a day off only puts it on. */
export function nextVisit(habits: Habits, random: Random, after: number, pace: Pace): Visit {
  if (pace === 'brisk') return briskVisit(habits, random, after)
  if (habits.kind === 'public') return publicVisit(habits, random, after)
  const day = Math.floor(after / DAY_MS)
  for (let ahead = 0; ; ahead++) {
    const plugs_at =
      (day + ahead) * DAY_MS + clamp(around(random, habits.arrives_min, 25), 0, 1439) * MINUTE_MS
    const comes = chance(random, habits.comes)
    if (plugs_at < after || !comes) continue
    const stays_ms = Math.max(10, around(random, habits.stays_min, 45)) * MINUTE_MS
    return visit(random, habits, { plugs_at, stays_ms, delay_ms: habits.charges_after_min * MINUTE_MS })
  }
}

/** Strangers' cars, one after the other, fewer at night. */
function publicVisit(habits: Habits, random: Random, after: number): Visit {
  let plugs_at = after + between(random, 5, 90) * MINUTE_MS
  const hour = Math.floor((plugs_at % DAY_MS) / HOUR_MS)
  if (hour < 6) plugs_at += (6 - hour + unit(random)) * HOUR_MS
  const stays_ms = Math.max(3, around(random, habits.stays_min, 25)) * MINUTE_MS
  return visit(random, { ...habits, car: newCar(random) }, { plugs_at, stays_ms, delay_ms: 0 })
}

/** A session of one to three minutes with everything in it that a night's has, its last part tapering. */
function briskVisit(habits: Habits, random: Random, after: number): Visit {
  const plugs_at = after + between(random, 3_000, 25_000)
  const stays_ms = between(random, 60_000, 170_000)
  const planned = visit(random, habits, { plugs_at, stays_ms, delay_ms: between(random, 2_000, 12_000) })
  // As much as the car takes in about two thirds of the time, so that most are full before they leave.
  const hours = ((stays_ms - 20_000) * between(random, 0.5, 0.95)) / HOUR_MS
  const needs_kwh = ((planned.max_current_a * 240) / 1000) * hours
  const battery_kwh = needs_kwh * 4
  const fault = planned.fault && { at: plugs_at + stays_ms * 0.4, lasts_ms: between(random, 5_000, 12_000) }
  return { ...planned, battery_kwh, soc: Math.max(0, planned.stops_at - 0.25), fault }
}

function visit(
  random: Random,
  { car }: Habits,
  at: { plugs_at: number; stays_ms: number; delay_ms: number },
): Visit {
  const unplugs_at = at.plugs_at + at.stays_ms
  const skips_b = at.delay_ms === 0 && chance(random, 0.08)
  const delay_ms = skips_b ? 0 : Math.max(at.delay_ms, between(random, 2_000, 20_000))
  const soc = clamp(car.stops_at - around(random, car.daily_use, 0.06), 0.05, 0.98)
  const fails = chance(random, 0.04)
  return {
    plugs_at: at.plugs_at,
    charges_at: at.plugs_at + delay_ms,
    unplugs_at,
    soc,
    stops_at: car.stops_at,
    battery_kwh: car.battery_kwh,
    max_current_a: car.max_current_a,
    skips_b,
    ventilates: chance(random, 0.02),
    fault: fails
      ? {
          at: at.plugs_at + at.stays_ms * between(random, 0.1, 0.9),
          lasts_ms: between(random, 20_000, 600_000),
        }
      : null,
  }
}

/** Above this charge a car takes less and less. */
const TAPERS_FROM = 0.85
const LEAST_A = 6

/** The current a car takes at a charge of `soc`, when `offered_a` is offered. 0: it has enough. */
export function currentTaken(visit: Visit, soc: number, offered_a: number): number {
  if (soc >= visit.stops_at) return 0
  const most_a = Math.min(offered_a, visit.max_current_a)
  // A battery that stops early tapers before its stop, too: a brisk session shows it, a night's hardly.
  const from = Math.min(TAPERS_FROM, visit.stops_at - 0.05)
  if (soc <= from) return most_a
  const left = (visit.stops_at - soc) / (visit.stops_at - from)
  return Math.max(Math.min(LEAST_A, most_a), most_a * left)
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
