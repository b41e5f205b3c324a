/**
 * The AWS IoT Wireless wrapper: `WirelessDeviceId` and base64 `PayloadData`, whose inside is any other spelling.
 * Source: AWS IoT Wireless developer guide, "view uplink metadata format".
 */
import { firstBroken } from './broken-field.ts'
import { decodeObject, type JsonObject } from './decode.ts'
import { isRejected, type Rejected, reject } from './rejection.ts'
import { WirelessWrapper } from './schemas.ts'

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const HEX = /^(?:[0-9a-fA-F]{2})+$/

export function isWrapped(message: JsonObject): boolean {
  return message.WirelessDeviceId !== undefined
}

/** What the device said, and the id under which the network knows it. The wrapper's own metadata is the network's. */
export function unwrap(message: JsonObject): { inner: JsonObject; wireless_device_id: string } | Rejected {
  if (!WirelessWrapper.holds(message)) return firstBroken(WirelessWrapper.properties, message)
  const bytes = decodeBase64(message.PayloadData)
  if (!bytes) return reject('PayloadData', message.PayloadData, 'is not base64')
  const decoded = decodeObject(bytes, 'PayloadData')
  if (isRejected(decoded)) return decoded
  if (isWrapped(decoded.object)) return reject('PayloadData', decoded.object, 'holds a wrapper again')
  return { inner: decoded.object, wireless_device_id: message.WirelessDeviceId }
}

function decodeBase64(text: string): Uint8Array | null {
  if (!BASE64.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  // Sidewalk hands over the hex text of the bytes, as the guide's own example does. JSON is never all hex digits
  // unless it is a number, which is no message.
  const asText = bytes.toString('latin1')
  return HEX.test(asText) ? Buffer.from(asText, 'hex') : bytes
}
