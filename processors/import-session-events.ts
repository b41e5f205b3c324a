/** A session of a file as the charger would have told it: plugged in, charging, no longer charging, unplugged. */
import type { Arriving } from '../events/ports.ts'
import { telemetryTopic } from '../events/topics.ts'
import type { SessionRow } from './import-session-rows.ts'

const utf8 = new TextEncoder()

/**
 * The messages of one session, in order. They follow from the row alone, so that a second import says nothing new.
 *
 * Keys decide which times they may have. Of one millisecond an end comes first, then a change, then a start: sessions that
 * touch keep their order, and what happens within a session is kept a millisecond away from its ends. The register is the
 * session's own: 0 at its start, all of its energy when charging ends, and nothing made up between.
 */
export function sessionMessages(row: SessionRow): Arriving[] {
  const { started_at, ended_at, charging_started_at: from, charging_ended_at: to, energy_kwh } = row
  const said: Record<string, unknown>[] = [
    { timestamp: started_at, event_type: 'session_start', pilot_state: 'B', ...register(row, 0) },
  ]
  // Where the file does not say when it charged, the leg is as long as the session, and its events say so.
  if (energy_kwh || from !== undefined || to !== undefined)
    said.push({
      timestamp: Math.max(from ?? 0, started_at + 1),
      event_type: 'state_change',
      pilot_state: 'C',
      ...(from === undefined && { time_assumed: true }),
    })
  // Sent even where nothing was charged: a session whose silence has timed it out is continued by a car still plugged in.
  said.push({
    timestamp: Math.min(to ?? ended_at, ended_at - 1),
    event_type: 'state_change',
    pilot_state: 'B',
    ...register(row, energy_kwh),
    ...(to === undefined && { time_assumed: true }),
  })
  said.push({
    timestamp: ended_at,
    event_type: 'session_end',
    pilot_state: 'A',
    ...register(row, energy_kwh),
  })
  return said.map((fields) => arriving(row, fields))
}

/** A session whose energy the file does not know has no register at all: a 0 would be one. */
function register(row: SessionRow, kwh: number | undefined): { energy_delivered_kwh?: number } {
  return row.energy_kwh === undefined || kwh === undefined ? {} : { energy_delivered_kwh: kwh }
}

/** A session without a name is named after its beginning: by its name it is known again behind any silence. */
function nameOf({ session_id, started_at }: SessionRow): string {
  return session_id ?? `import:${new Date(started_at).toISOString()}`
}

function arriving(row: SessionRow, fields: Record<string, unknown>): Arriving {
  const { device_id, location } = row
  const message = {
    device_id,
    device_type: 'evse',
    session_id: nameOf(row),
    ...fields,
    ...(location !== undefined && { location }),
  }
  const payload = utf8.encode(JSON.stringify(message))
  return { source: 'import', topic: telemetryTopic('evse', device_id), payload }
}
