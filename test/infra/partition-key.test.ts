// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitution templates of AWS IoT are the subject
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partitionKeyOf } from '../../adapters/kinesis-key.ts'
import { routeTopic, telemetryTopic } from '../../events/topics.ts'
import { MAX_KEY_CHARACTERS } from '../../infra/partition-key.ts'
import { partitionKeyFlaw } from '../../infra/partition-key-lint.ts'
import { FLAT_EVSE, GPIO, wrapped } from '../events/messages.ts'
import { keyOf, payloadOf, RULES } from './published.ts'

describe('the partition key', () => {
  it.each<[what: string, message: unknown, topic: string, key: string]>([
    ['the payload’s id', FLAT_EVSE, 'ev/evse/RAK4630_001/telemetry', 'RAK4630_001'],
    ['the topic’s id where the payload has none', { pilot_state: 'A' }, 'ev/evse/ev-1/telemetry', 'ev-1'],
    ['the topic’s id where the payload’s is null', { device_id: null }, 'ev/evse/ev-1/telemetry', 'ev-1'],
    ['the topic’s id where the payload’s is empty', { device_id: '' }, 'ev/evse/ev-1/telemetry', 'ev-1'],
    ['the topic’s id where the payload is no JSON', 'pilot A', 'ev/evse/ev-1/telemetry', 'ev-1'],
    ['the id as it is, not as a topic spells it', { device_id: 'a/b' }, telemetryTopic('evse', 'a/b'), 'a/b'],
    ['the thermostat’s id', { heating_call: true }, 'ev/thermostat/st-1/telemetry', 'st-1'],
    ['the network’s id', wrapped(FLAT_EVSE, 'wd-7'), 'sidewalk/uplink', 'wd-7'],
    ['the payload’s id on a radio’s topic', FLAT_EVSE, 'sidewalk/uplink', 'RAK4630_001'],
    ['the topic’s segment where a pin has no id', GPIO, 'sidewalk/board-1/up', 'board-1'],
    ['the topic where nobody is named', GPIO, 'sidewalk/', 'sidewalk/'],
    ['the topic where a level is empty', '{}', 'ev/evse//telemetry', 'ev/evse//telemetry'],
  ])('is %s', (_, message, topic, key) => {
    expect(keyOf(message, topic)).toBe(key)
  })

  it('is one that Kinesis takes, whatever is sent', () => {
    const ids = fc.oneof(
      fc.jsonValue(),
      fc.string({ minLength: 300, maxLength: 400 }),
      fc.constant(undefined),
    )
    const message = fc.record({ device_id: ids, WirelessDeviceId: ids })
    fc.assert(
      fc.property(
        fc.oneof(message, fc.string(), fc.uint8Array()),
        fc.constantFrom(...TOPICS),
        (payload, topic) => {
          const key = keyOf(payload, topic) ?? ''
          expect(key.length).toBeGreaterThan(0)
          expect(key.length).toBeLessThanOrEqual(MAX_KEY_CHARACTERS)
        },
      ),
    )
  })

  it('is the same for all messages of a device whose id needs no encoding', () => {
    const ids = fc.stringMatching(/^[A-Za-z0-9_.~-]{1,128}$/)
    fc.assert(
      fc.property(ids, (device_id) => {
        const topic = telemetryTopic('evse', device_id)
        const keys = [{ device_id, pilot_state: 'A' }, { pilot_state: 'A' }, 'A'].map((one) =>
          keyOf(one, topic),
        )
        expect(keys).toEqual([device_id, device_id, device_id])
      }),
    )
  })

  it('is the one that the front door gives to what does not come by a rule', () => {
    const ids = fc.option(fc.oneof(fc.string(), fc.string({ minLength: 300, maxLength: 400 })))
    const message = fc.record({ device_id: ids, WirelessDeviceId: ids }, { requiredKeys: [] })
    fc.assert(
      fc.property(
        fc.oneof(message, fc.string(), fc.uint8Array()),
        fc.constantFrom(...TOPICS.filter((topic) => routeTopic(topic).kind !== 'unknown')),
        (payload, topic) => {
          expect(partitionKeyOf({ topic, payload: payloadOf(payload) })).toBe(keyOf(payload, topic))
        },
      ),
    )
  })
})

const TOPICS = [
  'sidewalk/',
  'sidewalk/a',
  'ev/evse/a/telemetry',
  'ev/evse//telemetry',
  'ev/thermostat/a/telemetry',
]

describe('the lint of partition keys', () => {
  it.each(RULES)('lets the key of $name pass', ({ partition_key, topic_filter }) => {
    expect(partitionKeyFlaw(partition_key, topic_filter)).toBeNull()
  })

  it.each(['${topic(3)}', '${device_id}', '${nanvl(device_id, topic(3))}'])('lets %s pass', (template) => {
    expect(partitionKeyFlaw(template, 'ev/evse/+/telemetry')).toBeNull()
  })

  it.each<[template: string, says: string]>([
    ['${newuuid()}', 'newuuid()'],
    ['${timestamp()}', 'timestamp()'],
    ['${traceid()}', 'traceid()'],
    ['${rand()}', 'rand()'],
    ['charger', 'not one substitution template'],
    ['${topic(3)}-${timestamp()}', 'not one substitution template'],
    ["${'all'}", 'the constant "all"'],
    ['${1}', 'the constant 1'],
    ['${topic(1)}', 'topic(1) of ev/evse/+/telemetry'],
    ['${topic(4)}', 'topic(4) of ev/evse/+/telemetry'],
    ['${topic(9)}', 'topic(9)'],
    ['${topic()}', 'topic() alone'],
    ['${location}', 'the field location'],
    ["${get(decode(encode(*, 'base64'), 'base64'), 'session_id')}", 'the field session_id'],
    ["${get(device_id, 'device_id')}", 'get()'],
    ["${nanvl(device_id, 'unknown')}", 'the constant "unknown"'],
    ['${nanvl(device_id, newuuid())}', 'newuuid()'],
    ["${CASE device_id WHEN '' THEN newuuid() ELSE device_id END}", 'newuuid()'],
    ["${CASE device_id WHEN '' THEN topic(3) END}", 'without ELSE'],
    ['${topic(3) + timestamp()}', 'a calculation'],
    ['${topic(3}', 'should'],
    ['${;}', 'no SQL that we use'],
  ])('refuses %s', (template, says) => {
    expect(partitionKeyFlaw(template, 'ev/evse/+/telemetry')).toContain(says)
  })

  it('refuses the third level of a radio’s topic, which names nobody', () => {
    expect(partitionKeyFlaw('${topic(3)}', 'sidewalk/#')).toContain('topic(3) of sidewalk/#')
  })
})
