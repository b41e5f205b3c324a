/** One poll of a charger's inputs: measure, let the chart decide, count energy, say what is to be said. */
import type { PilotState } from '../events/event.ts'
import { advance } from '../statecharts/advance.ts'
import { type Advanced, type Chart, statePath } from '../statecharts/chart.ts'
import { float } from './c-arithmetic.ts'
import { readClock } from './device-clock.ts'
import { announce } from './evse-announce.ts'
import type { EnergyRegister, EvseDevice, EvseInput, EvseStep } from './evse-device.ts'
import { type Reading, sendTold } from './evse-send.ts'
import { debouncePilot } from './pilot-debounce.ts'
import { currentAmps, hasDiodeFault, pilotMillivolts, pilotState } from './pilot-voltage.ts'
import { dutyCycle } from './pwm-edges.ts'

type Sampled = Extract<EvseInput, { op: 'sample' }>

export function pollEvse(before: EvseDevice, input: Sampled, chart: Chart): EvseStep {
  const measured = measure(before, input)
  // A pilot that has not stood long enough since boot is no state: nothing is known, and nothing is said.
  if (!measured.reading) return { device: measured.device, outputs: [] }
  const { device, reading } = measured
  const { clock, timestamp_ms } = readClock(device.clock, input.uptime_ms)
  const session = hearPilot(chart, device, reading.pilot, input.uptime_ms)
  const register = countEnergy(device, session, reading.current_a, timestamp_ms, input.uptime_ms)
  const changed = reading.pilot !== device.pilot || reading.proximity !== device.proximity
  const told = announce({ device: { ...device, register }, session, pilot: reading.pilot, changed })
  const polled: EvseDevice = {
    ...device,
    clock,
    session: session.state,
    seed: told.seed,
    announced: told.announced,
    register: told.register,
    pilot: reading.pilot,
    proximity: reading.proximity,
    uptime_ms: input.uptime_ms,
  }
  return sendTold(polled, told.announcements, reading, timestamp_ms)
}

function measure(before: EvseDevice, input: Sampled): { device: EvseDevice; reading: Reading | null } {
  const { config } = before
  const duty = dutyCycle(before.pwm)
  const raw = rawPilot(before, input, duty)
  const debounce =
    config.pilot_debounce === 'openevse'
      ? debouncePilot(before.debounce, raw, input.uptime_ms)
      : { ...before.debounce, state: raw }
  const device = { ...before, debounce }
  const pilot = debounce.state
  if (pilot === null) return { device: { ...device, uptime_ms: input.uptime_ms }, reading: null }
  const oscillates = pilot === 'B' || pilot === 'C' || pilot === 'D'
  return {
    device,
    reading: {
      pilot,
      duty: config.quirks.keeps_stale_duty || oscillates ? duty : 0,
      current_a: currentAmps(input.current_adc_mv, config),
      proximity: input.proximity > 0,
    },
  }
}

function rawPilot({ config }: EvseDevice, input: Sampled, duty: number): PilotState {
  const high_mv = pilotMillivolts(input.pilot_adc_mv, config)
  const state = pilotState(high_mv, config.pilot_tolerance_mv)
  if (input.pilot_low_adc_mv === undefined || duty === 0) return state
  const low_mv = pilotMillivolts(input.pilot_low_adc_mv, config)
  return hasDiodeFault(state, low_mv, config.pilot_tolerance_mv) ? 'E' : state
}

/** The chart lives in time since the first boot: the device's timestamps jump by fifty years when its clock is set. */
function hearPilot(chart: Chart, device: EvseDevice, pilot: PilotState, uptime_ms: number): Advanced {
  const at = device.earlier_uptime_ms + uptime_ms
  return advance(chart, device.session, {
    type: `pilot.${pilot}`,
    at,
    identity: String(at),
    announced: null,
    device_session_id: null,
    reading: { at },
    config: {},
  })
}

/** Energy grows by current × nominal voltage × time since the last poll, while the chart says that the car charges. */
function countEnergy(
  device: EvseDevice,
  session: Advanced,
  current_a: number,
  timestamp_ms: number,
  uptime_ms: number,
): EnergyRegister {
  const { config, register } = device
  const now_ms = config.quirks.energy_jumps_at_sync ? timestamp_ms : uptime_ms
  const counted = { ...register, counted_to_ms: now_ms }
  const path = statePath(session.state.value)
  const charges = path === 'session.charging' || path === 'session.ventilating'
  const elapsed_ms = now_ms - register.counted_to_ms
  if (register.counted_to_ms <= 0 || !charges || elapsed_ms <= 0) return counted
  if (!config.quirks.single_precision_register) {
    const power_kw = (current_a * config.nominal_voltage_v) / 1000
    return { ...counted, kwh: register.kwh + power_kw * (elapsed_ms / 3_600_000) }
  }
  const elapsed_h = float(float(elapsed_ms) / 3_600_000)
  const power_kw = float(float(current_a * config.nominal_voltage_v) / 1000)
  return { ...counted, kwh: float(register.kwh + float(power_kw * elapsed_h)) }
}
