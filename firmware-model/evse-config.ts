/** What is set in a charger before it is shipped: wiring, identity, and which firmware it runs. Plain data. */
import type { CurrentScale, PilotScale } from './pilot-voltage.ts'
import { type QuirkChoice, type Quirks, quirksOf } from './quirks.ts'

/** The part of the configuration that the recorded traces carry, by the names they give it. */
export type EvseWiring = PilotScale & CurrentScale & { nominal_voltage_v: number; pilot_tolerance_mv: number }

export type EvseConfig = EvseWiring & {
  device_id: string
  quirks: Quirks
  /** `recorder`: `evt-0`, `evt-1`, …; `firmware`: a random word and a counter from 1, as eight hex digits each. */
  event_ids: 'recorder' | 'firmware'
  spelling: 'nested' | 'flat'
  location: string | null
  /** How often it reports while charging, and a third as often while a session is open otherwise; null: changes only. */
  telemetry_interval_ms: number | null
  /** A change of current this large is reported at once, without waiting for the interval; null: it is not. */
  telemetry_change_a: number | null
  /** `openevse`: a pilot state counts when it has stood for 250 ms, A for 25 ms. The reference firmware believes every poll. */
  pilot_debounce: 'none' | 'openevse'
}

/** Kconfig's defaults: a pilot and a sensor that are read one to one. */
export const DEFAULT_WIRING: EvseWiring = {
  pilot_scale_num: 1,
  pilot_scale_den: 1,
  pilot_bias_mv: 0,
  current_scale_num: 1,
  current_scale_den: 1,
  nominal_voltage_v: 240,
  pilot_tolerance_mv: 1000,
}

/** A charger's configuration: the reference firmware as the recorder had it, unless told otherwise. */
export function evseConfig(
  given: Partial<Omit<EvseConfig, 'quirks'>> & { quirks?: QuirkChoice } = {},
): EvseConfig {
  return {
    ...DEFAULT_WIRING,
    device_id: 'RAK4630_001',
    event_ids: 'recorder',
    spelling: 'nested',
    location: null,
    telemetry_interval_ms: null,
    telemetry_change_a: null,
    pilot_debounce: 'none',
    ...given,
    quirks: quirksOf(given.quirks ?? 'reference'),
  }
}
