import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interlockFlaw, parseDeviceConfig } from '../../events/device-config.ts'
import { deviceIdFlaw, MAX_DEVICE_ID_CHARACTERS } from '../../events/device-id.ts'
import { describeRejection } from '../../events/event.ts'
import { pairId } from '../../events/pair-id.ts'
import { parseReport } from '../../events/parse.ts'
import { pairTopic, routeTopic, telemetryTopic } from '../../events/topics.ts'

describe('the id of a pair', () => {
  it('reads as its location and its circuit', () => {
    expect(pairId('garage_1', 'main')).toBe('pair:garage_1:main')
    expect(pairId('north/2', 'a:b')).toBe('pair:north%2F2:a%3Ab')
  })

  it('is of one location and one circuit only, whatever they are called', () => {
    expect(pairId('a:b', 'c')).not.toBe(pairId('a', 'b:c'))
    expect(pairId('\ud800', 'c')).not.toBe(pairId('\ud801', 'c'))
    const text = fc.string({
      unit: fc.constantFrom('a', ':', '%', '%3A', 'ü'.repeat(40), '\ud800', '"', ','),
    })
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        expect(pairId(a, b) === pairId(c, d)).toBe(a === c && b === d)
      }),
    )
  })

  it('is no longer than a device’s, and can stand in a topic', () => {
    const text = fc.string({ unit: 'binary', maxLength: 256 })
    fc.assert(
      fc.property(text, text, (location, circuit) => {
        const device_id = pairId(location, circuit)
        expect(device_id.length).toBeLessThanOrEqual(MAX_DEVICE_ID_CHARACTERS)
        expect(routeTopic(pairTopic(device_id))).toEqual({ kind: 'pair', device_id })
      }),
    )
  })

  it('is nobody else’s: a device may not be called so, on any topic', () => {
    expect(deviceIdFlaw('pair:a:b')?.rejection.rule).toBe('begins with "pair:", as only the system’s own do')
    expect(deviceIdFlaw('pair')).toBeNull()
    const message = { device_id: 'pair:a:b', pilot_state: 'A', timestamp: 1_700_000_000_000 }
    for (const topic of [telemetryTopic('evse', 'pair:a:b'), 'sidewalk/x', pairTopic('pair:a:b')]) {
      const read = parseReport({ topic, payload: new TextEncoder().encode(JSON.stringify(message)) })
      expect(read, topic).toHaveProperty('rejection')
      expect(read).toMatchObject({ device_id: null })
    }
  })

  it('names no type that a device may claim to be', () => {
    const message = { device_id: 'x', device_type: 'pair', pilot_state: 'A', timestamp: 1_700_000_000_000 }
    const read = parseReport({
      topic: 'sidewalk/x',
      payload: new TextEncoder().encode(JSON.stringify(message)),
    })
    expect('rejection' in read && describeRejection(read.rejection)).toBe(
      'device_type: "pair" is none of evse, thermostat',
    )
  })
})

describe('the configuration of a circuit', () => {
  const interlock = { interlock_circuit: 'main', interlock_debounce_s: 60, interlock_grace_s: 30 }

  it('is taken as it is put', () => {
    expect(parseDeviceConfig({ location: 'hall', ...interlock })).toEqual({
      config: { location: 'hall', ...interlock },
    })
  })

  it.each([
    [{ interlock_circuit: '' }, 'interlock_circuit: "" is empty'],
    [{ interlock_circuit: 7 }, 'interlock_circuit: 7 is not text'],
    [{ interlock_debounce_s: 0 }, 'interlock_debounce_s: 0 is outside 1 to 31622400'],
    [{ interlock_grace_s: 1.5 }, 'interlock_grace_s: 1.5 is not a whole number'],
  ])('refuses %j', (value, reason) => {
    const read = parseDeviceConfig(value)
    expect('rejection' in read && describeRejection(read.rejection)).toBe(reason)
  })

  it('of a whole version needs a location, which the circuit is in', () => {
    expect(interlockFlaw({ interlock_circuit: 'main' })?.rejection.field).toBe('interlock_circuit')
    expect(interlockFlaw({ interlock_circuit: 'main', location: 'hall' })).toBeNull()
    expect(interlockFlaw({ interlock_grace_s: 5 })).toBeNull()
  })
})
