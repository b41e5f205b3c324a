/** The older generic spelling: one pin and its state, from firmware that does not know what the pin means. */
import { firstBroken } from './broken-field.ts'
import type { JsonObject } from './decode.ts'
import { knownFields, type Reading, readEnvelope } from './envelope.ts'
import type { GpioFields } from './event.ts'
import { isRejected, type Rejected } from './rejection.ts'
import { FlatGpio } from './schemas.ts'

const KNOWN = knownFields('source', 'pin', 'state', 'edge')

export function isGpio(message: JsonObject): boolean {
  return message.source === 'gpio'
}

export function readGpio(message: JsonObject): Reading | Rejected {
  if (!FlatGpio.holds(message)) return firstBroken(FlatGpio.properties, message)
  const framed = readEnvelope(message, KNOWN)
  if (isRejected(framed)) return framed
  if (message.device_type != null) framed.extra.device_type = message.device_type
  const event_type = message.event_type ?? 'state_change'
  return { ...framed, device_type: null, event_type, spelling: 'gpio', fields: readPin(message) }
}

export function readPin(wire: { pin: string; state: 0 | 1; edge?: string | null }): GpioFields {
  return wire.edge == null
    ? { pin: wire.pin, state: wire.state }
    : { pin: wire.pin, state: wire.state, edge: wire.edge }
}
