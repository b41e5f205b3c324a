/** A record of the log as what one device is to be told: a report, a configuration, or that time has passed. */
import type { DeviceReport, DeviceType, Rejection } from '../events/event.ts'
import { type OpenMessage, openMessage, readMessage, type WirelessLookup } from '../events/parse.ts'
import {
  type ConfigMessage,
  isTold,
  type LogRecord,
  type PairMessage,
  type UntilMessage,
} from '../events/record.ts'
import { reject } from '../events/rejection.ts'
import { INTERNAL_PREFIX, routeTopic } from '../events/topics.ts'

export type DeviceRecord = { record: LogRecord; device_id: string } & (
  | { kind: 'report'; report: DeviceReport }
  | { kind: 'config'; message: ConfigMessage }
  /** `fed`: it has come to a pair's stream behind what its members said before it. */
  | { kind: 'until'; until: number; fed: boolean }
  | { kind: 'pair'; message: PairMessage }
)

export type Refused = { record: LogRecord; device_id: string | null; rejection: Rejection }

/** A record whose bytes are decoded; a device's message may still need the registry to know whose it is. */
export type OpenedRecord = { record: LogRecord; opened: OpenMessage } | DeviceRecord | Refused

/** Never throws for what is in a record from outside. */
export function openRecord(record: LogRecord): OpenedRecord {
  if (record.topic.startsWith(INTERNAL_PREFIX)) return openInternal(record)
  const result = openMessage(record.topic, (isTold(record) && record.message()) || record.payload)
  return 'rejection' in result ? { record, ...result } : { record, opened: result.message }
}

/** The opened record as its device's. `wireless` maps an IoT Wireless id to the device's. */
export function readRecord(one: OpenedRecord, wireless: WirelessLookup): DeviceRecord | Refused {
  if (!('opened' in one)) return one
  const { record, opened } = one
  const read = readMessage(opened, wireless)
  if ('rejection' in read) return { record, ...read }
  return { kind: 'report', record, device_id: read.report.device_id, report: read.report }
}

/** The device type that a first record makes a device of, or null where it says none. */
export function deviceTypeOf(decoded: DeviceRecord): DeviceType | null {
  if (decoded.kind === 'report') return decoded.report.device_type
  if (decoded.kind === 'pair') return 'pair'
  return decoded.kind === 'config' ? (decoded.message.config.device_type ?? null) : null
}

function openInternal(record: LogRecord): DeviceRecord | Refused {
  const route = routeTopic(record.topic)
  const internal = route.kind === 'config' || route.kind === 'until' || route.kind === 'pair'
  if (record.source !== 'internal' || !internal) {
    return { record, device_id: null, ...reject('topic', record.topic, 'is the system’s own') }
  }
  // Written by our own code and never by a device: what does not parse here is our bug, and must be loud.
  const message: unknown = JSON.parse(new TextDecoder().decode(record.payload))
  const { device_id } = route
  if (route.kind === 'config') return { kind: 'config', record, device_id, message: message as ConfigMessage }
  if (route.kind === 'pair' && !isUntil(message))
    return { kind: 'pair', record, device_id, message: message as PairMessage }
  const { until } = message as UntilMessage
  return { kind: 'until', record, device_id, until, fed: route.kind === 'pair' }
}

function isUntil(message: unknown): boolean {
  return (message as Partial<UntilMessage>).until !== undefined
}
