/**
 * Whose a record is, for the order of the stream: the same partition key that the rules in front of it give
 * (`infra/partition-key.ts`), so that what comes over HTTP and from the system itself queues behind what a device sent.
 */
import { isObject, type JsonObject } from '../events/decode.ts'
import { MAX_DEVICE_ID_CHARACTERS } from '../events/device-id.ts'
import type { NewRecord } from '../events/record.ts'
import { routeTopic } from '../events/topics.ts'

/** Most characters that Kinesis takes for a partition key. */
const MAX_KEY_CHARACTERS = 256

export function partitionKeyOf({ topic, payload }: Pick<NewRecord, 'topic' | 'payload'>): string {
  const route = routeTopic(topic)
  switch (route.kind) {
    case 'telemetry':
      return first(cut(said(payload).device_id, MAX_DEVICE_ID_CHARACTERS), topic.split('/')[2], topic)
    case 'sidewalk': {
      const { WirelessDeviceId, device_id } = said(payload)
      const wireless = cut(WirelessDeviceId, MAX_KEY_CHARACTERS)
      return first(wireless, cut(device_id, MAX_DEVICE_ID_CHARACTERS), topic.split('/')[1], topic)
    }
    case 'unknown':
      return first(topic)
    default:
      return first(route.device_id, topic)
  }
}

/** The first that is there; Kinesis takes no key without a character. */
function first(...ids: (string | undefined)[]): string {
  return ids.find((id) => id)?.slice(0, MAX_KEY_CHARACTERS) || '-'
}

function said(payload: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function cut(id: unknown, characters: number): string | undefined {
  return typeof id === 'string' ? id.slice(0, characters) : undefined
}
