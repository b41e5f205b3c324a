/**
 * Whose a message is, as the rule can tell: the partition key, which keeps a device's messages in order.
 *
 * The key is the device's id as it is written in its configuration, so that what comes in by MQTT, over HTTP and from
 * the system itself (configuration, the sweep's notes) stands in one order on one shard.
 * - On `ev/TYPE/ID/telemetry` the payload's `device_id` where it has one, else the topic's segment. A record where the two
 *   differ is quarantined, so they name one device; only their spelling may differ.
 * - On `sidewalk/#` the network's `WirelessDeviceId`, else the payload's `device_id`, else the topic's second segment.
 * - Where nothing names a device the topic itself: such a record goes to quarantine, and must still be taken.
 *
 * Limits, because IoT SQL cannot decode percent-encoding and knows no registry:
 * - A device whose id needs encoding (`a/b`) is keyed `a%2Fb` for those of its messages that leave `device_id` out. The
 *   device policy lets a device publish only under its thing's name, which never needs encoding.
 * - A wireless device's uplinks are keyed by the network's id, its configuration and the sweep's notes by its own.
 * Across shards their order is not kept. Nothing is lost or counted twice by that: the state is written over the version
 * that was read, and what comes late is treated as late. In the stage `small` there is one shard.
 *
 * A key has 1 to 256 characters, or Kinesis refuses the record: hence the cuts, which no valid id ever feels.
 */
import { MAX_DEVICE_ID_CHARACTERS } from '../events/device-id.ts'
import { field } from './rule-sql.ts'

/** Most characters that Kinesis takes for a partition key. */
export const MAX_KEY_CHARACTERS = 256

/** The substitution template of a rule's Kinesis action. */
export function partitionKey(topic_filter: string): string {
  const addressed = topic_filter.split('/').indexOf('+') + 1
  const byPayload = cut(field('device_id'), MAX_DEVICE_ID_CHARACTERS)
  if (addressed > 0) return template([byPayload, `topic(${addressed})`])
  return template([cut(field('WirelessDeviceId'), MAX_KEY_CHARACTERS), byPayload, 'topic(2)'])
}

/** The first of these that is there and not empty. */
function template(ids: string[]): string {
  const first = ids.reduceRight(
    (rest, id) => `CASE nanvl(${id}, '') WHEN '' THEN ${rest} ELSE ${id} END`,
    cut('topic()', MAX_KEY_CHARACTERS),
  )
  return `\${${first}}`
}

function cut(text: string, characters: number): string {
  return `substring(${text}, 0, ${characters})`
}
