import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDeviceConfig } from '../../events/device-config.ts'
import { describeRejection } from '../../events/event.ts'

function refused(value: unknown): string {
  const outcome = parseDeviceConfig(value)
  if ('config' in outcome) throw new Error(`accepted: ${JSON.stringify(outcome.config)}`)
  return describeRejection(outcome.rejection)
}

describe('a configuration', () => {
  it('is taken as it is put, without what is null', () => {
    const config = {
      device_type: 'thermostat',
      location: 'hall',
      timezone: 'Europe/Berlin',
      rated_power_heating_kw: 3.5,
      report_interval_s: 60,
      gpio: {
        extinput0: { signal: 'heating_call', active_state: 0, stage: 2 },
        constructor: { signal: 'cooling_call' },
      },
    }
    expect(parseDeviceConfig({ ...config, rated_voltage_v: null })).toEqual({ config })
  })

  it.each([
    ['x', 'config: "string" is not an object'],
    [undefined, 'config: absent is not an object'],
    [{ rated_voltage: 230 }, 'rated_voltage: 230 is no field of a configuration'],
    [{ rated_voltage_v: '230' }, 'rated_voltage_v: "230" is not a number'],
    [{ rated_power_kw: 0 }, 'rated_power_kw: 0 is outside 0.001 to 100000'],
    [{ fault_close_s: 0.5 }, 'fault_close_s: 0.5 is not a whole number'],
    [
      { device_type: 'toaster' },
      'device_type: "toaster" is none of evse, thermostat, meter, vehicle, station',
    ],
    [{ timezone: 'Mars/Base' }, 'timezone: "Mars/Base" is no IANA time zone'],
    [{ timezone: '+01:00' }, 'timezone: "+01:00" is no IANA time zone'],
    [{ location: '' }, 'location: "" is empty'],
    [{ gpio: [] }, 'gpio: [] is not an object'],
    [
      { gpio: { p: { signal: 'fan' } } },
      'gpio.p.signal: "fan" is none of heating_call, cooling_call, proximity_detected',
    ],
    [
      { gpio: { p: { signal: 'heating_call', pull: 'up' } } },
      'gpio.p.pull: "up" is no field of a configuration',
    ],
    [{ gpio: { '': { signal: 'heating_call' } } }, 'gpio: "" is no name of 1 to 256 characters'],
    [
      JSON.parse('{"gpio":{"__proto__":{"signal":"heating_call"}}}'),
      'config: "gpio.__proto__" is no name for a field',
    ],
  ])('refuses %j', (value, reason) => {
    expect(refused(value)).toBe(reason)
  })

  it('is read or refused for any value, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ gpio: fc.jsonValue() }), fc.anything()), (value) => {
        const outcome = parseDeviceConfig(value)
        return 'config' in outcome || outcome.rejection.rule !== ''
      }),
    )
  })
})
