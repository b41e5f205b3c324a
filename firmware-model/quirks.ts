/**
 * Every difference between what the reference firmware does and what a charger should do, each with its own switch.
 * A quirk decides what is announced and how it is spelt, never what state the session is in: that is the chart's.
 * docs/firmware.md says what each does to the cloud.
 */

export type Quirks = {
  /** A start is announced, an id made and the register reset on A → B only; true: A → C, or a car found at boot, starts silently. */
  announces_on_a_to_b_only: boolean
  /** An end is announced on return to A only; a fault that closed the session says nothing. */
  announces_end_at_a_only: boolean
  /** The first start after boot carries an empty session id: the id is read before it is made. */
  empty_first_session_id: boolean
  /** The id of a finished session keeps being sent until the next one is made. */
  keeps_sending_finished_id: boolean
  /** The start message carries the register as it was, read before it is reset. */
  stale_register_at_start: boolean
  /** Energy is summed over timestamps, so that a time sync makes one sample last from uptime to epoch. */
  energy_jumps_at_sync: boolean
  /** The register is a C float: at 681,730 kWh a rise below 0.03 kWh is lost. */
  single_precision_register: boolean
  /** The duty stays at its last measured value when the oscillator has stopped (A, E, F). */
  keeps_stale_duty: boolean
  /** A boot forgets the open session, its id and its register, cable in or not. */
  forgets_session_at_boot: boolean
  /** The device's event ids begin again with each boot. */
  event_ids_restart_at_boot: boolean
  /** One step back of the clock marks every later message, until the next boot. */
  time_anomaly_sticks: boolean
  /** A sync to an earlier time is refused: a clock that was once set ahead stays ahead until the next boot. */
  refuses_backward_sync: boolean
  /** No message carries uptime beside an epoch timestamp. */
  omits_uptime: boolean
}

export type QuirkName = keyof Quirks

/** The firmware as it is: what the recorded traces show, to the byte. */
export const REFERENCE_QUIRKS: Quirks = {
  announces_on_a_to_b_only: true,
  announces_end_at_a_only: true,
  empty_first_session_id: true,
  keeps_sending_finished_id: true,
  stale_register_at_start: true,
  energy_jumps_at_sync: true,
  single_precision_register: true,
  keeps_stale_duty: true,
  forgets_session_at_boot: true,
  event_ids_restart_at_boot: true,
  time_anomaly_sticks: true,
  refuses_backward_sync: true,
  omits_uptime: true,
}

/** The firmware as it should be. */
export const NO_QUIRKS: Quirks = {
  announces_on_a_to_b_only: false,
  announces_end_at_a_only: false,
  empty_first_session_id: false,
  keeps_sending_finished_id: false,
  stale_register_at_start: false,
  energy_jumps_at_sync: false,
  single_precision_register: false,
  keeps_stale_duty: false,
  forgets_session_at_boot: false,
  event_ids_restart_at_boot: false,
  time_anomaly_sticks: false,
  refuses_backward_sync: false,
  omits_uptime: false,
}

export const QUIRK_NAMES = Object.keys(REFERENCE_QUIRKS) as QuirkName[]

/** `reference`, `none`, or a choice of switches over none. */
export type QuirkChoice = 'reference' | 'none' | Partial<Quirks>

export function quirksOf(choice: QuirkChoice): Quirks {
  if (choice === 'reference') return REFERENCE_QUIRKS
  return choice === 'none' ? NO_QUIRKS : { ...NO_QUIRKS, ...choice }
}
