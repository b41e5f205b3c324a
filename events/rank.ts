/** What of one millisecond comes first (DESIGN §3, keys): what ends something before what begins it. */
import type { DeviceReport } from './event.ts'
import { RANK, type Rank } from './key.ts'

/**
 * The rank of a report, from what the device said alone. A pin's meaning is configuration, and a key that followed it
 * would change with it: a generic GPIO report is a change, whatever it turns out to mean. So ask before the pin is
 * translated.
 */
export function rankOf(report: Pick<DeviceReport, 'event_type' | 'fields'>): Rank {
  const { event_type, fields } = report
  if (event_type === 'session_end' || event_type === 'cycle_end' || saysOff(fields)) return RANK.end
  if (event_type === 'session_start' || event_type === 'cycle_start') return RANK.start
  return RANK.change
}

/** Unplugged, or a thermostat that spoke of its calls and has none on. */
function saysOff(fields: DeviceReport['fields']): boolean {
  if ('pilot_state' in fields) return fields.pilot_state === 'A'
  if ('heating_call' in fields || 'cooling_call' in fields)
    return fields.heating_call !== true && fields.cooling_call !== true
  return false
}
