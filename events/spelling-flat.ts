/** The flat spellings: a charger's, and a thermostat's control wires. */
import { firstBroken } from './broken-field.ts'
import type { JsonObject } from './decode.ts'
import { knownFields, type Reading, readEnvelope } from './envelope.ts'
import type { DeviceEventType, DeviceType, ThermostatFields } from './event.ts'
import { EVSE_FIELDS, evseEventType, flagEvse, readEvse } from './evse-fields.ts'
import { isRejected, type Rejected, reject, rejectWith } from './rejection.ts'
import { FlatEvse, FlatThermostat, SPELT_DEVICE_TYPES, type ThermostatWire } from './schemas.ts'
import { readDescribed } from './spelling-described.ts'

const EVSE_KNOWN = knownFields(...EVSE_FIELDS)
const THERMOSTAT_KNOWN = knownFields(
  'heating_call',
  'cooling_call',
  'stage',
  'cycle_id',
  'energy_consumed_kwh',
)

/** `topic_type` is the device type that the topic names, or null. */
export function readFlat(message: JsonObject, topic_type: DeviceType | null): Reading | Rejected {
  const type = message.device_type ?? topic_type ?? typeBySignals(message)
  if (type === 'evse') return readFlatEvse(message)
  if (type === 'thermostat') return readFlatThermostat(message)
  return (
    readDescribed(message, type) ??
    reject(
      'device_type',
      type,
      `${type === undefined ? 'but required: one' : 'is none'} of ${SPELT_DEVICE_TYPES.join(', ')}`,
    )
  )
}

function typeBySignals(message: JsonObject): DeviceType | undefined {
  if (typeof message.pilot_state === 'string') return 'evse'
  if (typeof message.heating_call === 'boolean' || typeof message.cooling_call === 'boolean')
    return 'thermostat'
  return undefined
}

function readFlatEvse(message: JsonObject): Reading | Rejected {
  if (!FlatEvse.holds(message)) return firstBroken(FlatEvse.properties, message)
  const framed = readEnvelope(message, EVSE_KNOWN)
  if (isRejected(framed)) return framed
  const fields = readEvse(message)
  const typed = evseEventType(message.event_type, fields)
  if (isRejected(typed)) return typed
  flagEvse(fields, framed.flags)
  return { ...framed, device_type: 'evse', event_type: typed.event_type, spelling: 'flat', fields }
}

function readFlatThermostat(message: JsonObject): Reading | Rejected {
  if (!FlatThermostat.holds(message)) return firstBroken(FlatThermostat.properties, message)
  const framed = readEnvelope(message, THERMOSTAT_KNOWN)
  if (isRejected(framed)) return framed
  const fields = readThermostat(message)
  const calls = fields.heating_call !== undefined || fields.cooling_call !== undefined
  const event_type: DeviceEventType = message.event_type ?? (calls ? 'state_change' : 'telemetry')
  if (event_type !== 'telemetry' && !calls)
    return rejectWith('heating_call', 'absent', `like cooling_call, and a ${event_type} needs one of them`)
  return { ...framed, device_type: 'thermostat', event_type, spelling: 'flat', fields }
}

function readThermostat(wire: ThermostatWire): ThermostatFields {
  const fields: ThermostatFields = {}
  if (wire.heating_call != null) fields.heating_call = wire.heating_call
  if (wire.cooling_call != null) fields.cooling_call = wire.cooling_call
  if (wire.stage != null) fields.stage = wire.stage
  if (wire.cycle_id != null) fields.cycle_id = wire.cycle_id
  if (wire.energy_consumed_kwh != null) fields.energy_consumed_kwh = wire.energy_consumed_kwh
  return fields
}
