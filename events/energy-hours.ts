/** Energy by device and hour: what aggregates are made of, and the port behind which they lie. */

/** An hour of a device, in the zone of its configuration. Overwritten as a whole whenever it is computed again. */
export type EnergyHour = {
  device_id: string
  location: string | null
  /** Epoch ms; an hour that a change of clocks cuts is shorter than others. */
  starts_at: number
  ends_at: number
  /** The local day, `2026-11-20`. */
  day: string
  timezone: string
  /** By chargers, to vehicles. */
  delivered_kwh: number
  /** By what heats and cools. */
  consumed_kwh: number
  /** Sessions and cycles that began in the hour. */
  sessions: number
  cycles: number
  charging_s: number
  cycle_s: number
  peak_power_kw: number | null
  /** How what reaches beyond the hour was split: by its register, in proportion to time where it did not report, or not at all. */
  split: 'register' | 'time' | null
}

/** Epoch ms, half-open, over the ends of hours: `(from, to]`. */
export type EnergyWindow = { from: number; to: number }

export type EnergyQuery = { by: { device_id: string } | { location: string }; from: number; to: number }

export type EnergyReads = {
  /** Hours that begin in `[from, to)`, by device and time. */
  hours(query: EnergyQuery): Promise<EnergyHour[]>
  /** Hours that end at or before this moment (epoch ms) are in there; 0 where none are. */
  aggregatedUntil(): Promise<number>
}

export type EnergyBook = EnergyReads & {
  /**
   * Every device's hours that end in the windows are replaced by those that are put until it is done: in one where the
   * home can, and so that doing it again ends the same where it cannot. One at a time.
   */
  replace(windows: readonly EnergyWindow[]): Promise<EnergyReplacement>
}

export type EnergyReplacement = {
  /** More of them, of which each is there once. */
  put(hours: readonly EnergyHour[]): Promise<void>
  /** From now on hours until then count as aggregated. */
  done(aggregated_until: number): Promise<void>
}
