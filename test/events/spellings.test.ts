import { describe, expect, it } from 'vitest'
import {
  accepted,
  FLAT_EVSE,
  FLAT_THERMOSTAT,
  GPIO,
  NESTED_GPIO,
  NESTED_LINE_CURRENT,
  parse,
  refused,
  wrapped,
} from './messages.ts'

describe('the flat spelling of a charger', () => {
  it('gives every field of the source document', () => {
    expect(accepted(FLAT_EVSE)).toMatchObject({
      device_id: 'RAK4630_001',
      device_type: 'evse',
      event_type: 'state_change',
      spelling: 'flat',
      reported_timestamp: 1704067200000,
      payload_location: 'garage_1',
      fields: {
        pilot_state: 'C',
        pwm_duty_cycle: 50,
        current_draw: 16,
        proximity_detected: true,
        session_id: '550e8400-e29b-41d4-a716-446655440000',
        energy_delivered_kwh: 5.2,
      },
      extra: {},
      flags: [],
    })
  })

  it('carries telemetry without a pilot state', () => {
    const { pilot_state: _, ...rest } = FLAT_EVSE
    const report = accepted({ ...rest, event_type: 'telemetry', power_kw: 7.2, voltage: 239.5 })
    expect(report.event_type).toBe('telemetry')
    expect(report.fields).toMatchObject({ power_kw: 7.2, voltage_v: 239.5, current_draw: 16 })
    expect(report.fields).not.toHaveProperty('pilot_state')
  })

  it('is a state change without an event type where it has a pilot state, and telemetry otherwise', () => {
    const { event_type: _, ...untyped } = FLAT_EVSE
    expect(accepted(untyped).event_type).toBe('state_change')
    expect(accepted({ ...untyped, pilot_state: null }).event_type).toBe('telemetry')
  })

  it('takes null for absent, in what is known and in what is not', () => {
    const report = accepted({ ...FLAT_EVSE, energy_delivered_kwh: null, location: null, run_id: null })
    expect(report.fields).not.toHaveProperty('energy_delivered_kwh')
    expect(report).not.toHaveProperty('payload_location')
    expect(report.extra).toEqual({})
  })

  it('keeps what it does not know, but for what was added on the way', () => {
    const added = {
      ttl: 1,
      received_at: 2,
      topic: 't',
      verdict: 'ok',
      clientid: 'c',
      traceid: 'x',
      principal: 'p',
    }
    const report = accepted({ ...FLAT_EVSE, firmware: { build: 7 }, constructor: 'x', ...added })
    expect(report.extra).toEqual({ firmware: { build: 7 }, constructor: 'x' })
  })

  it('says its type by its topic or its signals where the message does not', () => {
    const { device_type: _, ...untyped } = FLAT_EVSE
    expect(accepted(untyped).device_type).toBe('evse')
    expect(
      accepted({ ...untyped, pilot_state: null, event_type: null }, 'ev/evse/RAK4630_001/telemetry'),
    ).toMatchObject({ device_type: 'evse', event_type: 'telemetry' })
    expect(refused({ device_id: 'd', timestamp: 1, power_kw: 2 })).toBe(
      'device_type: absent but required: one of evse, thermostat',
    )
  })

  it('reads an ISO 8601 timestamp as epoch milliseconds', () => {
    expect(accepted({ ...FLAT_EVSE, timestamp: '2024-01-01T00:00:00Z' }).reported_timestamp).toBe(
      1704067200000,
    )
  })

  it('carries the uptime beside an epoch timestamp', () => {
    expect(accepted({ ...FLAT_EVSE, uptime_ms: 5_000 }).uptime_ms).toBe(5_000)
    expect(accepted({ ...FLAT_EVSE, timestamp: 7_000, uptime_ms: 5_000 })).not.toHaveProperty('uptime_ms')
  })

  it('carries the number of a message, and flags one too long to order by', () => {
    expect(accepted({ ...FLAT_EVSE, sequence: 41 }).sequence).toBe(41)
    const long = accepted({ ...FLAT_EVSE, sequence: 4_294_967_295 })
    expect(long).not.toHaveProperty('sequence')
    expect(long.extra).toEqual({ sequence: 4_294_967_295 })
    expect(long.flags).toEqual(['sequence_out_of_range'])
  })
})

describe('a duty cycle', () => {
  it.each([
    ['C', 9.9, ['pwm_duty_cycle_out_of_range']],
    ['D', 96.1, ['pwm_duty_cycle_out_of_range']],
    ['C', 10, []],
    ['D', 96, []],
    ['A', 0, []],
    ['B', 100, []],
  ])('in %s of %d %% has the flags %j', (pilot_state, pwm_duty_cycle, flags) => {
    expect(accepted({ ...FLAT_EVSE, pilot_state, pwm_duty_cycle }).flags).toEqual(flags)
  })
})

describe('a reading below zero', () => {
  it('is kept and flagged', () => {
    const report = accepted({ ...FLAT_EVSE, current_draw: -0.02 })
    expect(report.fields).toMatchObject({ current_draw: -0.02 })
    expect(report.flags).toEqual(['current_draw_negative'])
  })
})

describe('the flat spelling of a thermostat', () => {
  it('gives its calls, its cycle and its stage', () => {
    expect(accepted({ ...FLAT_THERMOSTAT, stage: 2, energy_consumed_kwh: 0.5 })).toMatchObject({
      device_type: 'thermostat',
      event_type: 'cycle_start',
      fields: {
        heating_call: true,
        cooling_call: false,
        cycle_id: 'cy-1',
        stage: 2,
        energy_consumed_kwh: 0.5,
      },
    })
  })

  it('is a state change without an event type where it speaks of a call', () => {
    const { event_type: _, ...untyped } = FLAT_THERMOSTAT
    expect(accepted(untyped).event_type).toBe('state_change')
    expect(accepted({ ...untyped, heating_call: null, cooling_call: null }).event_type).toBe('telemetry')
  })

  it('leaves a call that is not spoken of unsaid', () => {
    const { cooling_call: _, ...heating } = FLAT_THERMOSTAT
    expect(accepted(heating).fields).not.toHaveProperty('cooling_call')
  })
})

describe("the firmware's nested spelling", () => {
  it('takes the current of a line for telemetry of a charger, and keeps the name it gave itself', () => {
    expect(accepted(NESTED_LINE_CURRENT)).toMatchObject({
      device_type: 'evse',
      event_type: 'telemetry',
      spelling: 'nested',
      device_event_id: 'evt-1',
      fields: { current_draw: 12.345 },
      extra: { event_type: 'current_change' },
    })
  })

  it('reports a pin for the configuration to explain, and keeps the type that every board claims', () => {
    const report = accepted(NESTED_GPIO)
    expect(report).toMatchObject({
      device_type: null,
      event_type: 'state_change',
      fields: { pin: 'hvac', state: 1, edge: 'rising' },
      extra: { device_type: 'evse' },
    })
  })

  it('does not take the epoch that the firmware writes into uptime_ms for an uptime', () => {
    expect(accepted(NESTED_GPIO)).not.toHaveProperty('uptime_ms')
    const honest = { ...NESTED_GPIO, data: { gpio: { ...NESTED_GPIO.data.gpio, uptime_ms: 1234 } } }
    expect(accepted(honest).uptime_ms).toBe(1234)
  })

  it('flags a time anomaly and keeps a run id', () => {
    const report = accepted({ ...NESTED_LINE_CURRENT, time_anomaly: true, run_id: 'r1' })
    expect(report.flags).toEqual(['time_anomaly'])
    expect(report.extra).toMatchObject({ run_id: 'r1' })
  })

  it('keeps what it does not know under data where it stood', () => {
    const data = { line_current: { current_a: 1, phase: 'L1' }, battery: { mv: 3600 } }
    expect(accepted({ ...NESTED_LINE_CURRENT, data }).extra).toMatchObject({
      data: { line_current: { phase: 'L1' }, battery: { mv: 3600 } },
    })
  })

  it.each([
    [{ schema_version: '2.0' }, 'schema_version: "2.0" is not "1.0", nor another minor of 1'],
    [{ data: { other: {} } }, 'data: {"other":{}} holds none of evse, gpio, line_current'],
    [{ data: null }, 'data: null is not an object'],
    [{ device_type: 'thermostat' }, 'device_type: "thermostat" does not go with data.line_current'],
    [{ data: { line_current: { current_a: '1' } } }, 'data.line_current.current_a: "1" is not a number'],
    [
      { event_type: 'state_change', data: { evse: { pilot_state: 'G' } } },
      'data.evse.pilot_state: "G" is none of A, B, C, D, E, F',
    ],
    [
      { event_type: 'state_change', data: { evse: {} } },
      'data.evse.pilot_state: absent but required: one of A, B, C, D, E, F',
    ],
  ])('refuses %j', (change, reason) => {
    expect(refused({ ...NESTED_LINE_CURRENT, ...change })).toBe(reason)
  })
})

describe('the generic GPIO spelling', () => {
  it('takes its id from a sidewalk topic, its second segment decoded', () => {
    expect(accepted(GPIO, 'sidewalk/a%2Fb/uplink')).toMatchObject({
      device_id: 'a/b',
      device_type: null,
      event_type: 'state_change',
      spelling: 'gpio',
      reported_timestamp: 123456,
      fields: { pin: 'extinput0', state: 0, edge: 'rising' },
      extra: { run_id: 'test123' },
    })
  })

  it('takes its id from an ev topic', () => {
    expect(accepted(GPIO, 'ev/thermostat/stat-1/telemetry').device_id).toBe('stat-1')
  })

  it('is stamped by its timestamp, with the uptime beside it', () => {
    const report = accepted({ ...GPIO, timestamp: 1704067200000 }, 'sidewalk/d')
    expect(report).toMatchObject({ reported_timestamp: 1704067200000, uptime_ms: 123456 })
  })

  it.each([
    [{ state: 2 }, 'state: 2 is none of 0, 1'],
    [{ state: '1' }, 'state: "1" is none of 0, 1'],
    [{ pin: undefined }, 'pin: absent but required'],
    [{ pin: '' }, 'pin: "" is empty'],
    [{ uptime_ms: undefined }, 'timestamp: absent but required'],
    [{ uptime_ms: 1.5 }, 'uptime_ms: 1.5 is not a whole number'],
  ])('refuses %j', (change, reason) => {
    expect(refused({ ...GPIO, ...change }, 'sidewalk/d')).toBe(reason)
  })

  it('is refused where nothing says whose it is', () => {
    expect(refused(GPIO, 'sidewalk/')).toBe('device_id: absent but required')
  })
})

describe('the wireless wrapper', () => {
  const registry = (id: string) => (id === 'wd-1' ? 'garage-left' : null)

  it.each([
    ['flat', FLAT_EVSE, { spelling: 'flat' }],
    ['nested', NESTED_LINE_CURRENT, { spelling: 'nested' }],
    ['gpio', GPIO, { spelling: 'gpio' }],
  ])('holds the %s spelling, and its device is the one in the registry', (_, inner, expected) => {
    expect(accepted(wrapped(inner), undefined, registry)).toMatchObject({
      device_id: 'garage-left',
      ...expected,
    })
  })

  it('keeps the default id that every board ships with, and never trusts it', () => {
    expect(accepted(wrapped(FLAT_EVSE), undefined, registry).extra).toEqual({
      payload_device_id: 'RAK4630_001',
    })
    expect(accepted(wrapped(GPIO), undefined, registry).extra).not.toHaveProperty('payload_device_id')
  })

  it('reads the hex text that Sidewalk makes of bytes', () => {
    const hex = Buffer.from(JSON.stringify(FLAT_EVSE)).toString('hex')
    const message = { WirelessDeviceId: 'wd-1', PayloadData: Buffer.from(hex).toString('base64') }
    expect(accepted(message, undefined, registry).fields).toMatchObject({ pilot_state: 'C' })
  })

  it('refuses an id that is not in the registry, and one that nobody could look up', () => {
    const reason = 'WirelessDeviceId: "wd-2" is not in the registry'
    expect(refused(wrapped(FLAT_EVSE, 'wd-2'), undefined, registry)).toBe(reason)
    expect(refused(wrapped(FLAT_EVSE, 'wd-2'))).toBe(reason)
  })

  it.each([
    [{ WirelessDeviceId: 'wd-1', PayloadData: '%%%' }, 'PayloadData: "%%%" is not base64'],
    [{ WirelessDeviceId: 'wd-1', PayloadData: 'AA==' }, 'PayloadData: "\\u0000" is not JSON'],
    [{ WirelessDeviceId: 'wd-1', PayloadData: '/w==' }, 'PayloadData: 1 bytes that are not UTF-8'],
    [{ WirelessDeviceId: 'wd-1' }, 'PayloadData: absent but required'],
    [{ WirelessDeviceId: 7, PayloadData: 'e30=' }, 'WirelessDeviceId: 7 is not text'],
  ])('refuses %j', (message, reason) => {
    expect(refused(message, undefined, registry)).toBe(reason)
  })

  it('refuses a wrapper inside a wrapper', () => {
    expect(refused(wrapped(wrapped(FLAT_EVSE)), undefined, registry)).toMatch(/holds a wrapper again$/)
  })

  it('lists a message that was refused after the look-up under its device', () => {
    const bad = wrapped({ ...FLAT_EVSE, pilot_state: 'G' })
    expect(parse(bad, undefined, registry)).toMatchObject({ device_id: 'garage-left' })
  })
})
