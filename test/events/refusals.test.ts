import { describe, expect, it } from 'vitest'
import { describeRejection } from '../../events/event.ts'
import { parseReport } from '../../events/parse.ts'
import { accepted, bytesOf, FLAT_EVSE, FLAT_THERMOSTAT, parse, refused } from './messages.ts'

const TOPIC = 'ev/evse/RAK4630_001/telemetry'

describe('a field that breaks its rule is named with its value', () => {
  it.each([
    [{ pilot_state: 'G' }, 'pilot_state: "G" is none of A, B, C, D, E, F'],
    [{ pilot_state: null }, 'pilot_state: absent but required: one of A, B, C, D, E, F'],
    [{ pwm_duty_cycle: 140 }, 'pwm_duty_cycle: 140 is outside 0 to 100'],
    [{ pwm_duty_cycle: -1 }, 'pwm_duty_cycle: -1 is outside 0 to 100'],
    [{ pwm_duty_cycle: '50' }, 'pwm_duty_cycle: "50" is not a number'],
    [{ current_draw: '16' }, 'current_draw: "16" is not a number'],
    [{ voltage_v: 1e300 }, 'voltage_v: 1e+300 is outside -100000 to 100000'],
    [{ proximity_detected: 1 }, 'proximity_detected: 1 is neither true nor false'],
    [{ session_id: 5 }, 'session_id: 5 is not text'],
    [{ session_id: 'x'.repeat(257) }, `session_id: "${'x'.repeat(78)}… is longer than 256 characters`],
    [{ energy_delivered_kwh: [1] }, 'energy_delivered_kwh: [1] is not a number'],
    [
      { event_type: 'cycle_start' },
      'event_type: "cycle_start" is none of state_change, telemetry, session_start, session_end',
    ],
    [{ device_type: 'meter' }, 'device_type: "meter" is none of evse, thermostat'],
    [{ device_type: 'toaster' }, 'device_type: "toaster" is none of evse, thermostat'],
    [{ sequence: -1 }, 'sequence: -1 is outside 0 to 9007199254740991'],
    [{ uptime_ms: '5' }, 'uptime_ms: "5" is not a number'],
  ])('%j', (change, reason) => {
    expect(refused({ ...FLAT_EVSE, ...change })).toBe(reason)
  })

  it('a value that is cut where a character has two halves', () => {
    const reason = refused({ ...FLAT_EVSE, pilot_state: `${'x'.repeat(77)}😀😀` })
    expect(reason.isWellFormed()).toBe(true)
    expect(reason).toMatch(/^pilot_state: "x{77}\ufffd… is none of/)
  })

  it('a cycle of a thermostat without a word on either call', () => {
    const { heating_call: _, cooling_call: __, ...silent } = FLAT_THERMOSTAT
    const reason = 'heating_call: absent like cooling_call, and a cycle_start needs one of them'
    expect(refused(silent)).toBe(reason)
    expect(accepted({ ...silent, event_type: 'telemetry' }).event_type).toBe('telemetry')
  })
})

describe('a timestamp', () => {
  const whole = 'is not a whole number from 0 to 9999999999999'
  const neither = 'is neither a number of milliseconds nor an ISO 8601 time with its offset'
  it.each([
    [1.5, `timestamp: 1.5 ${whole}`],
    [-1, `timestamp: -1 ${whole}`],
    [10_000_000_000_000, `timestamp: 10000000000000 ${whole}`],
    ['1704067200000', `timestamp: "1704067200000" ${neither}`],
    ['2024-01-01T00:00:00', `timestamp: "2024-01-01T00:00:00" ${neither}`],
    ['2024-02-30T00:00:00Z', `timestamp: "2024-02-30T00:00:00Z" ${neither}`],
    ['1969-12-31T23:59:59Z', `timestamp: "1969-12-31T23:59:59Z" ${neither}`],
    [null, 'timestamp: absent but required'],
    [true, `timestamp: true ${neither}`],
  ])('of %j is refused', (timestamp, reason) => {
    expect(refused({ ...FLAT_EVSE, timestamp })).toBe(reason)
  })

  it.each([0, 9_999_999_999_999])('of %d is accepted', (timestamp) => {
    expect(accepted({ ...FLAT_EVSE, timestamp }).reported_timestamp).toBe(timestamp)
  })
})

describe('a device id', () => {
  it.each([
    ['', 'device_id: "" is empty'],
    ['x'.repeat(129), `device_id: "${'x'.repeat(78)}… is longer than 128 characters`],
    ['a\u0000b', 'device_id: "a\\u0000b" holds a control character'],
    ['a\u009fb', 'device_id: "a\u009fb" holds a control character'],
    ['\ud800', 'device_id: "\\ud800" is not well-formed Unicode'],
    [7, 'device_id: 7 is not text'],
    [null, 'device_id: absent but required'],
  ])('of %j is refused', (device_id, reason) => {
    expect(refused({ ...FLAT_EVSE, device_id })).toBe(reason)
  })

  it.each(['../../x', 'a/b', '__proto__', 'constructor', 'x'.repeat(128), 'Ladesäule 7', '+', '#', '😀'])(
    'of %j is legal, and the topic may carry it',
    (device_id) => {
      const topic = `ev/evse/${encodeURIComponent(device_id)}/telemetry`
      expect(accepted({ ...FLAT_EVSE, device_id }, topic).device_id).toBe(device_id)
    },
  )

  it('is the topic’s where the payload has none', () => {
    const { device_id: _, ...anonymous } = FLAT_EVSE
    expect(accepted(anonymous, 'ev/evse/a%2Fb/telemetry').device_id).toBe('a/b')
    expect(refused(anonymous, 'sidewalk/uplink')).toBe('device_id: absent but required')
  })

  it('that differs from the topic’s is refused, and listed under the topic’s', () => {
    const outcome = parse(FLAT_EVSE, 'ev/evse/other/telemetry')
    expect(outcome).toMatchObject({ device_id: 'other' })
    expect('rejection' in outcome && describeRejection(outcome.rejection)).toBe(
      'device_id: "RAK4630_001" differs from the topic\'s "other"',
    )
  })

  it('on a sidewalk topic is not compared: there the topic is the network’s', () => {
    expect(accepted(FLAT_EVSE, 'sidewalk/somewhere/else').device_id).toBe('RAK4630_001')
  })
})

describe('a topic', () => {
  it.each([
    [
      'foo/bar',
      'topic: "foo/bar" matches none of sidewalk/#, ev/evse/+/telemetry, ev/thermostat/+/telemetry',
    ],
    [
      'ev/evse//telemetry',
      'topic: "ev/evse//telemetry" matches none of sidewalk/#, ev/evse/+/telemetry, ev/thermostat/+/telemetry',
    ],
    ['pilotline/config/x', 'topic: "pilotline/config/x" belongs to the system itself'],
    ['pilotline/until/x', 'topic: "pilotline/until/x" belongs to the system itself'],
  ])('%s is refused', (topic, reason) => {
    expect(refused(FLAT_EVSE, topic)).toBe(reason)
  })

  it('of another device type than the payload’s is refused', () => {
    expect(refused(FLAT_EVSE, 'ev/thermostat/RAK4630_001/telemetry')).toBe(
      'device_type: "evse" differs from the topic\'s "thermostat"',
    )
  })
})

describe('bytes that are no message', () => {
  it.each([
    ['', 'payload: "" is not JSON'],
    ['{"a":', 'payload: "{\\"a\\":" is not JSON'],
    ['{"current_draw":NaN}', 'payload: "{\\"current_draw\\":NaN}" is not JSON'],
    ['[1]', 'payload: [1] is not an object'],
    ['null', 'payload: null is not an object'],
    ['{"current_draw":1e999}', 'current_draw: Infinity is not a finite number'],
    ['{"a":{"b":[0,-1e999]}}', 'a.b.1: -Infinity is not a finite number'],
    ['{"__proto__":{"x":1}}', 'payload: "__proto__" is no name for a field'],
    ['{"a":[{"\\u005f_proto__":1}]}', 'payload: "a.0.__proto__" is no name for a field'],
  ])('%s', (text, reason) => {
    expect(refused(text, TOPIC)).toBe(reason)
  })

  it('that are not UTF-8', () => {
    const payload = new Uint8Array([0x7b, 0xff, 0x7d])
    expect(parseReport({ topic: TOPIC, payload })).toMatchObject({
      rejection: { field: 'payload', value: '3 bytes', rule: 'that are not UTF-8' },
      device_id: 'RAK4630_001',
    })
  })

  it('over 64 KB, and not at 64 KB', () => {
    const { note: _, ...rest } = { ...FLAT_EVSE, note: '' }
    const empty = bytesOf(JSON.stringify({ ...rest, note: '' })).byteLength
    const filled = (size: number) => JSON.stringify({ ...rest, note: 'x'.repeat(size - empty) })
    expect(accepted(filled(65_536)).device_id).toBe('RAK4630_001')
    expect(refused(filled(65_537))).toBe('payload: 65537 bytes are more than 65536')
  })

  it('nested over 32 levels, and not at 32', () => {
    const nested = (levels: number) =>
      `${JSON.stringify(FLAT_EVSE).slice(0, -1)},"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    expect(accepted(nested(32)).device_id).toBe('RAK4630_001')
    expect(refused(nested(33))).toBe('payload: 33 levels of nesting is more than 32')
    expect(refused(nested(30_000))).toBe('payload: 33 levels of nesting is more than 32')
    expect(refused(`${'['.repeat(30_000)}${']'.repeat(30_000)}`)).toMatch(/^payload: \[+… is not an object$/)
  })

  it('hide no device: a message that calls itself rejected is only a message', () => {
    expect(accepted({ ...FLAT_EVSE, rejection: 'no' }).extra).toEqual({ rejection: 'no' })
  })

  it('leave nothing on any prototype', () => {
    refused('{"__proto__":{"polluted":true}}', TOPIC)
    refused('{"constructor":{"prototype":{"polluted":true}}}', TOPIC)
    expect({}).not.toHaveProperty('polluted')
  })
})
