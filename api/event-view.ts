/** A row of device_events as people see it. */
import { keyText, parseKeyText } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'

/** Without what only its writers need. */
export function eventView(row: EventRow): Record<string, unknown> {
  const { ts, ord, applied: _applied, entered: _entered, ttl: _ttl, because, body, ...told } = row
  return {
    key: keyText({ ts, ord }),
    event_time: ts,
    ...told,
    ...(because !== undefined && { because: becauseView(because) }),
    body,
  }
}

/** Why a repair changed or withdrew something: the cause, and the place in the fold from which it counts. */
export function becauseView(because: string): { cause: string; key: string; event_time: number | null } {
  const [cause = '', key = ''] = because.split(' ')
  return { cause, key, event_time: parseKeyText(key)?.ts ?? null }
}
