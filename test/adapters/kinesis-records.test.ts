import type { KinesisStreamRecord } from 'aws-lambda'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeLambdaRecord, lowestSequence } from '../../adapters/kinesis-event.ts'
import { decodeRecord, encodeRecord, parsePosition, positionOf } from '../../adapters/kinesis-records.ts'
import { parseReport } from '../../events/parse.ts'
import type { NewRecord, RecordSource } from '../../events/record.ts'
import {
  FLAT_EVSE,
  FLAT_THERMOSTAT,
  GPIO,
  NESTED_GPIO,
  NESTED_LINE_CURRENT,
  wrapped,
} from '../events/messages.ts'
import { EVSE_TOPIC, NOW, payloadOf, putsOf } from '../infra/published.ts'

const SHARD = 'shardId-000000000003'
const SEQUENCE = '49590338271490256608559692538361571095921575989136588898'

function lambdaRecord(data: Uint8Array, sequenceNumber = SEQUENCE): KinesisStreamRecord {
  const kinesis = {
    kinesisSchemaVersion: '1.0',
    partitionKey: 'dev-1',
    sequenceNumber,
    data: Buffer.from(data).toString('base64'),
    approximateArrivalTimestamp: NOW / 1000,
  }
  const eventID = `${SHARD}:${sequenceNumber}`
  return { kinesis, eventID } as KinesisStreamRecord
}

describe('what a rule puts on the stream', () => {
  const messages: [string, unknown, string, string][] = [
    ['the flat charger', FLAT_EVSE, EVSE_TOPIC, 'ok'],
    ['the flat thermostat', FLAT_THERMOSTAT, 'ev/thermostat/stat-1/telemetry', 'ok'],
    ['a nested pin', NESTED_GPIO, 'sidewalk/RAK4630_001', 'ok'],
    ['a nested clamp', NESTED_LINE_CURRENT, EVSE_TOPIC, 'ok'],
    ['a generic pin', GPIO, 'sidewalk/board-1/up', 'ok'],
    ['a wrapped message', wrapped(FLAT_EVSE), 'sidewalk/uplink', 'ok'],
    ['an unknown pilot state', { ...FLAT_EVSE, pilot_state: 'G' }, EVSE_TOPIC, 'pilot_state_unknown'],
    ['what is no JSON', 'pilot A', EVSE_TOPIC, 'not_an_object'],
    ['what is no text', Uint8Array.of(0, 255, 254, 128), EVSE_TOPIC, 'not_an_object'],
    ['nothing', new Uint8Array(), EVSE_TOPIC, 'not_an_object'],
  ]
  test.each(messages)('comes to the processor byte for byte: %s', (_, message, topic, verdict) => {
    const [put] = putsOf(message, topic)
    const record = decodeLambdaRecord(lambdaRecord(put?.data ?? new Uint8Array()))
    expect(record).toEqual({
      position: `${SEQUENCE}.${SHARD}`,
      received_at: NOW,
      source: 'mqtt',
      topic,
      payload: payloadOf(message),
      verdict,
    })
    expect(parseReport(record)).toEqual(parseReport({ topic, payload: payloadOf(message) }))
  })
})

describe('what we put on the stream', () => {
  const record: fc.Arbitrary<NewRecord> = fc.record({
    received_at: fc.nat(),
    source: fc.constantFrom<RecordSource[]>('mqtt', 'http', 'import', 'internal'),
    topic: fc.string({ unit: 'grapheme' }),
    payload: fc.uint8Array({ maxLength: 64 }),
    verdict: fc.string(),
  })

  test('comes back as it was', () => {
    const place = { shard_id: SHARD, sequence_number: '1', arrived_at: 5 }
    fc.assert(
      fc.property(record, (one) => {
        const { position, ...back } = decodeRecord(encodeRecord(one), place)
        expect(back).toEqual({ ...one, payload: Uint8Array.from(one.payload) })
        expect(position).toBe(`${'1'.padStart(56, '0')}.${SHARD}`)
      }),
    )
  })
})

describe('what is no record', () => {
  const good = { payload_base64: '', topic: 't', source: 'mqtt', received_at: 1, verdict: 'ok' }
  const wrong: [string, unknown][] = [
    ['no JSON', '{'],
    ['no object', []],
    ['null', null],
    ['no payload', { ...good, payload_base64: undefined }],
    ['a payload that is no base64', { ...good, payload_base64: '*' }],
    ['no topic', { ...good, topic: 5 }],
    ['an unknown source', { ...good, source: 'toString' }],
    ['a time that is none', { ...good, received_at: 1.5 }],
    ['a time before all time', { ...good, received_at: -1 }],
    ['no verdict', { ...good, verdict: null }],
    ['what is no text', Uint8Array.of(0xff)],
  ]
  test.each(wrong)('goes on whole, with the time at which it arrived: %s', (_, what) => {
    const data = payloadOf(what)
    const record = decodeLambdaRecord(lambdaRecord(data))
    expect(record).toMatchObject({ topic: '', source: 'mqtt', received_at: NOW, payload: data })
    expect(record.position).toBe(`${SEQUENCE}.${SHARD}`)
  })

  test('a record is one', () => {
    expect(decodeLambdaRecord(lambdaRecord(payloadOf(good))).topic).toBe('t')
  })
})

describe('positions', () => {
  const sequence = fc.bigInt({ min: 0n, max: 10n ** 56n - 1n })

  test('sort as their sequence numbers do, and give them back', () => {
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        const [one, other] = [a, b].map((n) => positionOf({ sequence_number: String(n), shard_id: SHARD }))
        expect((one ?? '') < (other ?? '')).toBe(a < b)
        expect(parsePosition(one ?? '', SHARD)).toBe(String(a))
      }),
    )
  })

  test('of another shard, or another log, are refused', () => {
    const position = positionOf({ sequence_number: SEQUENCE, shard_id: SHARD })
    expect(parsePosition('', SHARD)).toBeNull()
    for (const wrong of ['00000000000000000007', `${position}x`, `x${position}`, position.replace('3', '4')])
      expect(() => parsePosition(wrong, 'shardId-000000000009')).toThrow(RangeError)
  })

  test('the lowest sequence number is the lowest as a number, whatever its length', () => {
    const of = (...numbers: string[]) =>
      lowestSequence(numbers.map((one) => lambdaRecord(new Uint8Array(), one)))
    expect(of('100', '99', '1000')).toBe('99')
    expect(of(SEQUENCE, `${SEQUENCE.slice(0, -1)}7`)).toBe(`${SEQUENCE.slice(0, -1)}7`)
  })
})
