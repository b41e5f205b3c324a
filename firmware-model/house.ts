/** A house, its weather, and the calls that its thermostat makes: heat leaks through the walls, a unit moves it back. */
import { between, chance, pick, type Random, randomOf, unit } from './random.ts'

const DAY_MS = 86_400_000

export type House = {
  /** What its thermostat does. */
  mode: 'heating' | 'cooling'
  set_c: number
  /** Degrees above and below the setting before the unit is switched. */
  band_c: number
  /** Hours after which a third of the difference to outside is left. */
  time_constant_h: number
  /** Degrees an hour that the unit's first stage moves, and its second on top. */
  unit_c_per_h: number
  second_stage_c_per_h: number
  /** Degrees an hour of people, sun and stoves. */
  gains_c_per_h: number
  climate: Climate
}

/** Outside: a mean, a day's swing, and each day's own departure from the mean. */
export type Climate = { seed: number; mean_c: number; swing_c: number; spread_c: number }

export type Indoors = { temperature_c: number; stage: 0 | 1 | 2; switched_at: number }

/** Compressors are not switched more often than this. */
const LEAST_MS = 3 * 60_000
/** So far from the setting that the first stage alone will not do. */
const SECOND_STAGE_AT_C = 1.4

export function newHouse(random: Random, seed: number, modes: readonly House['mode'][]): House {
  const mode = pick(random, modes)
  const cold = mode === 'heating'
  return {
    mode,
    set_c: cold ? between(random, 19.5, 21.5) : between(random, 22.5, 24.5),
    band_c: between(random, 0.3, 0.6),
    time_constant_h: between(random, 6, 14),
    unit_c_per_h: between(random, 3.5, 5.5),
    second_stage_c_per_h: chance(random, 0.3) ? between(random, 2, 3) : 0,
    gains_c_per_h: between(random, 0.05, 0.3),
    climate: { seed, mean_c: cold ? 2 : 31, swing_c: 5, spread_c: 2.5 },
  }
}

export function newIndoors(house: House, random: Random, at: number): Indoors {
  return { temperature_c: house.set_c + between(random, -1, 1) * house.band_c, stage: 0, switched_at: at }
}

/** Degrees outside at `at`, coldest towards six in the morning. */
export function outside(climate: Climate, at: number): number {
  const day = at / DAY_MS
  const today = departure(climate, Math.floor(day))
  const tomorrow = departure(climate, Math.floor(day) + 1)
  const drift = today + (tomorrow - today) * (day % 1)
  return climate.mean_c + drift - climate.swing_c * Math.cos(2 * Math.PI * (day - 0.25))
}

function departure({ seed, spread_c }: Climate, day: number): number {
  return (unit(randomOf(seed, `weather ${day}`)) - 0.5) * 2 * spread_c
}

/** The house after `elapsed_ms` more; with `times` its clock runs faster than the one on the wall. */
export function passTime(
  house: House,
  indoors: Indoors,
  at: number,
  elapsed_ms: number,
  times: number,
): Indoors {
  const hours = (elapsed_ms * times) / 3_600_000
  const { temperature_c, stage } = indoors
  const moved = (stage === 0 ? 0 : house.unit_c_per_h) + (stage === 2 ? house.second_stage_c_per_h : 0)
  const leaks = (outside(house.climate, at) - temperature_c) / house.time_constant_h
  const drift = leaks + house.gains_c_per_h + (house.mode === 'heating' ? moved : -moved)
  return switchUnit(house, { ...indoors, temperature_c: temperature_c + drift * hours }, at, times)
}

function switchUnit(house: House, indoors: Indoors, at: number, times: number): Indoors {
  if ((at - indoors.switched_at) * times < LEAST_MS) return indoors
  const wanted = stageWanted(house, indoors)
  return wanted === indoors.stage ? indoors : { ...indoors, stage: wanted, switched_at: at }
}

function stageWanted(house: House, { temperature_c, stage }: Indoors): 0 | 1 | 2 {
  const off_by = house.mode === 'heating' ? house.set_c - temperature_c : temperature_c - house.set_c
  if (stage === 0 ? off_by < house.band_c : off_by < -house.band_c) return 0
  if (house.second_stage_c_per_h > 0 && off_by > SECOND_STAGE_AT_C) return 2
  return stage === 2 && off_by > 0 ? 2 : 1
}
