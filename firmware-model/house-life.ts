/** A house from one look at it to the next: what the weather and the unit do to it, and when its thermostat calls. */
import type { Pace } from './habits.ts'
import { type House, type Indoors, passTime } from './house.ts'

/** Plain data, changed in place. Two that are equal live the same life. */
export type HouseLife = { pace: Pace; house: House; indoors: Indoors; looked_at: number }

/** How often the house is looked at; a brisk house lives twelve times as fast, so that its cycles last a minute or two. */
const LOOKS_MS: Record<Pace, number> = { calm: 60_000, brisk: 4_000 }
const TIMES: Record<Pace, number> = { calm: 1, brisk: 12 }

export function nextLook(life: HouseLife): number {
  return life.looked_at + LOOKS_MS[life.pace]
}

/** Lives on until `at`; true where the unit was switched. */
export function lookAt(life: HouseLife, at: number): boolean {
  const before = life.indoors.stage
  life.indoors = passTime(life.house, life.indoors, at, at - life.looked_at, TIMES[life.pace])
  life.looked_at = at
  return life.indoors.stage !== before
}

/** From `at` on the house lives at this pace. */
export function setHousePace(life: HouseLife, pace: Pace, at: number): void {
  if (life.pace === pace) return
  life.pace = pace
  life.looked_at = Math.max(life.looked_at, at)
}

/** The house stands still until `at`: nobody was there to see it. */
export function skipHouse(life: HouseLife, at: number): void {
  if (life.indoors.stage === 0 && life.looked_at < at) life.looked_at = at
}
