/** What a device reported of its register and its power, in quarters of an hour: as much as hours and peaks are made of. */

/** A quarter of an hour of a device's register and power, as far as it reported. Quarters never reach beyond an hour of any zone. */
export type EnergyMark = {
  first_at: number
  last_at: number
  first_kwh: number | null
  last_kwh: number | null
  peak_kw: number | null
  /** The greatest current of messages that tell no power: what it came to, the rated voltage says. */
  peak_a: number | null
}

export const MARK_MS = 900_000

export type Reading = {
  at: number
  register_kwh?: number | undefined
  power_kw?: number | undefined
  /** Only where no power is told. */
  current_a?: number | undefined
}

type Electrical = {
  power_kw?: number | undefined
  current_draw?: number | undefined
  voltage_v?: number | undefined
}

/** Power that a message tells, by itself or as current and voltage, or else its current. */
export function electricalTold(said: Electrical): Pick<Reading, 'power_kw' | 'current_a'> {
  const power_kw = powerTold(said)
  return power_kw === undefined ? { current_a: said.current_draw } : { power_kw }
}

function powerTold({ power_kw, current_draw, voltage_v }: Electrical): number | undefined {
  if (power_kw !== undefined) return power_kw
  return current_draw === undefined || voltage_v === undefined ? undefined : (current_draw * voltage_v) / 1000
}

const EMPTY_MARK = { first_kwh: null, last_kwh: null, peak_kw: null, peak_a: null }

/** Readings of one device, in order of time, as marks. */
export function marksOf(readings: Iterable<Reading>): EnergyMark[] {
  const marks: EnergyMark[] = []
  let slot = Number.NaN
  for (const { at, register_kwh, power_kw, current_a } of readings) {
    if (register_kwh === undefined && power_kw === undefined && current_a === undefined) continue
    const of = Math.floor(at / MARK_MS)
    if (of !== slot) marks.push({ ...EMPTY_MARK, first_at: at, last_at: at })
    slot = of
    const mark = marks.at(-1) as EnergyMark
    if (register_kwh !== undefined) {
      if (mark.first_kwh === null) mark.first_at = at
      mark.first_kwh ??= register_kwh
      mark.last_kwh = register_kwh
      mark.last_at = at
    }
    if (power_kw !== undefined) mark.peak_kw = Math.max(mark.peak_kw ?? 0, power_kw)
    if (current_a !== undefined) mark.peak_a = Math.max(mark.peak_a ?? 0, current_a)
  }
  return marks
}
