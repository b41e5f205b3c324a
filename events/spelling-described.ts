/** The flat spelling of a device type that a schema describes. */
import { firstBroken } from './broken-field.ts'
import type { JsonObject } from './decode.ts'
import { DESCRIBED_TYPES, type DescribedType, describedFields } from './described-types.ts'
import { knownFields, type Reading, readEnvelope } from './envelope.ts'
import { isRejected, type Rejected } from './rejection.ts'
import { type DescribedWire, describedWire } from './schemas.ts'

type Described = { wire: DescribedWire; names: string[]; known: ReadonlySet<string> }

const READERS = new Map<string, Described>(
  DESCRIBED_TYPES.map((type) => {
    const fields = describedFields(type)
    const names = Object.keys(fields)
    return [type, { wire: describedWire(fields), names, known: knownFields(...names) }]
  }),
)

/** Null for a type that no schema describes. */
export function readDescribed(message: JsonObject, device_type: unknown): Reading | Rejected | null {
  const described = READERS.get(String(device_type))
  if (!described) return null
  const { wire, names, known } = described
  if (!wire.holds(message)) return firstBroken(wire.properties, message)
  const framed = readEnvelope(message, known)
  if (isRejected(framed)) return framed
  const said: JsonObject = message
  const fields = Object.fromEntries(names.flatMap((name) => (said[name] == null ? [] : [[name, said[name]]])))
  const event_type = message.event_type ?? 'telemetry'
  return { ...framed, device_type: device_type as DescribedType, event_type, spelling: 'flat', fields }
}
