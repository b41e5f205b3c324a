/**
 * The one parser: a message as it came, in any of five spellings, becomes a report or is refused with the reason.
 * Never throws, whatever the bytes.
 *
 * Opening and reading are two steps so that a batch can look up the wireless ids of all its messages in between; the
 * bytes are decoded once.
 */
import { decodeObject, type JsonObject } from './decode.ts'
import { deviceIdFlaw } from './device-id.ts'
import type { Reading } from './envelope.ts'
import type { DeviceReport, DeviceType, Rejection } from './event.ts'
import { isRejected, type Rejected, reject } from './rejection.ts'
import { readFlat } from './spelling-flat.ts'
import { isGpio, readGpio } from './spelling-gpio.ts'
import { isNested, readNested } from './spelling-nested.ts'
import { isWrapped, unwrap } from './spelling-wireless.ts'
import { routeTopic, sidewalkTopicId, TOPIC_FILTERS } from './topics.ts'

export type Refusal = { rejection: Rejection; device_id: string | null }

/** The device that the registry has under this wireless id, or null. Synchronous: whoever asks has fetched before. */
export type WirelessLookup = (wireless_device_id: string) => string | null

/** A message whose bytes have been decoded. */
export type OpenMessage = {
  topic: string
  /** What the topic says about the device; null for a sidewalk topic. */
  addressed: { device_type: DeviceType; device_id: string } | null
  /** Under which id AWS IoT Wireless wrapped it, null if it did not. */
  wireless_device_id: string | null
  /** What the device itself said. */
  body: JsonObject
}

export function parseReport(input: {
  topic: string
  payload: Uint8Array
  wireless?: WirelessLookup
}): { report: DeviceReport } | Refusal {
  const opened = openMessage(input.topic, input.payload)
  return 'rejection' in opened ? opened : readMessage(opened.message, input.wireless)
}

/**
 * Decodes a message of a device's topic, and takes it out of the wireless wrapper if it is in one. `payload` may be what
 * its bytes are decoded to.
 */
export function openMessage(
  topic: string,
  payload: Uint8Array | JsonObject,
): { message: OpenMessage } | Refusal {
  const route = routeTopic(topic)
  if (route.kind === 'config' || route.kind === 'until' || route.kind === 'pair')
    return { ...reject('topic', topic, 'belongs to the system itself'), device_id: null }
  if (route.kind === 'unknown')
    return { ...reject('topic', topic, `matches none of ${TOPIC_FILTERS.join(', ')}`), device_id: null }

  const addressed = route.kind === 'telemetry' ? route : null
  const decoded = payload instanceof Uint8Array ? decodeObject(payload, 'payload') : { object: payload }
  if (isRejected(decoded)) return { ...decoded, device_id: usableId(addressed?.device_id) }
  const { object } = decoded
  if (!isWrapped(object)) return { message: { topic, addressed, wireless_device_id: null, body: object } }

  const unwrapped = unwrap(object)
  if (isRejected(unwrapped)) return { ...unwrapped, device_id: usableId(addressed?.device_id) }
  const { inner, wireless_device_id } = unwrapped
  return { message: { topic, addressed, wireless_device_id, body: inner } }
}

/** Reads an opened message; without a lookup, a wrapped one is refused. */
export function readMessage(
  message: OpenMessage,
  wireless?: WirelessLookup,
): { report: DeviceReport } | Refusal {
  const whose = whoSent(message, wireless)
  if (isRejected(whose)) return { ...whose, device_id: usableId(message.addressed?.device_id) }
  const { device_id } = whose
  const reading = typeFlaw(message) ?? readSpelling(message)
  if (isRejected(reading)) return { ...reading, device_id }
  const { body, wireless_device_id } = message
  // Every board ships with the same default id: behind a wireless id, what it calls itself is only kept.
  if (wireless_device_id !== null && body.device_id != null) reading.extra.payload_device_id = body.device_id
  return { report: { ...reading, device_id, said: body } }
}

function readSpelling({ body, addressed }: OpenMessage): Reading | Rejected {
  if (isNested(body)) return readNested(body)
  if (isGpio(body)) return readGpio(body)
  return readFlat(body, addressed?.device_type ?? null)
}

/** The device's id: the registry's for a wrapped message, else the payload's, else the topic's. */
function whoSent(message: OpenMessage, wireless?: WirelessLookup): { device_id: string } | Rejected {
  const { wireless_device_id, addressed, body, topic } = message
  let device_id = body.device_id ?? addressed?.device_id
  if (wireless_device_id !== null) {
    device_id = wireless?.(wireless_device_id) ?? undefined
    if (device_id === undefined)
      return reject('WirelessDeviceId', wireless_device_id, 'is not in the registry')
  } else if (device_id === undefined && isGpio(body)) {
    device_id = sidewalkTopicId(topic) ?? undefined
  }
  const flaw = deviceIdFlaw(device_id)
  if (flaw) return flaw
  if (addressed && addressed.device_id !== device_id)
    return reject('device_id', device_id, `differs from the topic's ${JSON.stringify(addressed.device_id)}`)
  return { device_id: device_id as string }
}

function typeFlaw({ addressed, body }: OpenMessage): Rejected | null {
  if (!addressed || body.device_type == null || body.device_type === addressed.device_type) return null
  return reject('device_type', body.device_type, `differs from the topic's "${addressed.device_type}"`)
}

/** A refused message is listed under its device where that much is sure. */
function usableId(id: string | undefined): string | null {
  return deviceIdFlaw(id) ? null : (id as string)
}
