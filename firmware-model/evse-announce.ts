/** What a charger says of what its chart decided, and how its quirks bend that. */
import type { PilotState } from '../events/event.ts'
import { type Advanced, statePath } from '../statecharts/chart.ts'
import type { Announced, EnergyRegister, EvseDevice } from './evse-device.ts'
import type { EvseMessage } from './evse-payload.ts'
import { nextSessionId } from './random-words.ts'

export type Announcement = {
  event_type: EvseMessage['event_type']
  session_id: string
  /** The register as the message shows it. */
  energy_kwh: number
}

/** What is said, and what the device keeps of having said it. */
export type Told = {
  announcements: Announcement[]
  announced: Announced
  register: EnergyRegister
  seed: number
}

/** What a poll leads to: `changed` is a change of pilot or proximity since the last poll, `session` the chart's step. */
export type Polled = { device: EvseDevice; session: Advanced; pilot: PilotState; changed: boolean }

/** An end that the chart decided is said before a start, and a change that is neither is said as one. */
export function announce(polled: Polled): Told {
  let told: Told = {
    announcements: [],
    announced: polled.device.announced,
    register: polled.device.register,
    seed: polled.device.seed,
  }
  if (endIsAnnounced(polled)) told = tellEnd(polled, told)
  if (startIsAnnounced(polled)) told = tellStart(polled, told)
  if (polled.changed && told.announcements.length === 0)
    told = { ...told, announcements: [shown('state_change', told)] }
  return told
}

function startIsAnnounced({ device, session, pilot }: Polled): boolean {
  if (!session.decided.some(({ type }) => type === 'session_start')) return false
  return !device.config.quirks.announces_on_a_to_b_only || (device.pilot === 'A' && pilot === 'B')
}

function endIsAnnounced({ device, session, changed }: Polled): boolean {
  if (!device.config.quirks.announces_end_at_a_only)
    return session.decided.some(({ type }) => type === 'session_end')
  return changed && device.announced.open && statePath(session.state.value) === 'unplugged'
}

function tellStart({ device }: Polled, told: Told): Told {
  const { quirks } = device.config
  const { id, seed } = nextSessionId(told.seed)
  const unmade = quirks.empty_first_session_id && told.announced.ids_made === 0
  const start: Announcement = {
    event_type: 'session_start',
    session_id: unmade ? '' : id,
    energy_kwh: quirks.stale_register_at_start ? told.register.kwh : 0,
  }
  return {
    announcements: [...told.announcements, start],
    announced: { session_id: id, open: true, ids_made: told.announced.ids_made + 1 },
    register: { ...told.register, kwh: 0 },
    seed,
  }
}

function tellEnd({ device }: Polled, told: Told): Told {
  const kept = device.config.quirks.keeps_sending_finished_id ? told.announced.session_id : ''
  return {
    ...told,
    announcements: [...told.announcements, shown('session_end', told)],
    announced: { ...told.announced, session_id: kept, open: false },
  }
}

function shown(event_type: Announcement['event_type'], { announced, register }: Told): Announcement {
  return { event_type, session_id: announced.session_id, energy_kwh: register.kwh }
}
