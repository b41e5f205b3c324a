import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReport } from '../../events/parse.ts'
import { VERDICTS } from '../../infra/rule-sql.ts'
import { ttlOf } from '../../processors/event-rows.ts'
import {
  FLAT_EVSE,
  FLAT_THERMOSTAT,
  GPIO,
  NESTED_GPIO,
  NESTED_LINE_CURRENT,
  wrapped,
} from '../events/messages.ts'
import { EVSE_TOPIC, NOW, payloadOf, putsOf, recordOf, verdictOf } from './published.ts'

const charger = (readings: object) => ({ device_id: 'RAK4630_001', timestamp: NOW, ...readings })
const nested = (evse: unknown) => ({ schema_version: '1.0', ...charger({}), data: { evse } })
const NOT_TEXT = Uint8Array.of(0x7b, 0xff, 0x00, 0xfe)

const CASES: [what: string, message: unknown, verdict: string][] = [
  ['a flat charger message', FLAT_EVSE, 'ok'],
  ['a message without either reading', charger({ current_draw: 16 }), 'ok'],
  ['null readings, which are the same as absent', charger({ pilot_state: null, pwm_duty_cycle: null }), 'ok'],
  ['a state without a duty cycle', charger({ pilot_state: 'C' }), 'ok'],
  ['an empty object', {}, 'ok'],
  ['a nested message', nested({ pilot_state: 'C', pwm_duty_cycle: 53.3 }), 'ok'],
  ['a nested message of null readings', nested({ pilot_state: null, pwm_duty_cycle: null }), 'ok'],
  ['nested data of another kind', NESTED_LINE_CURRENT, 'ok'],
  ['data that is no object', { ...charger({}), data: 'evse' }, 'ok'],
  ['a pin', GPIO, 'ok'],
  ['a nested pin', NESTED_GPIO, 'ok'],
  ['a radio’s wrapper', wrapped(FLAT_EVSE), 'ok'],
  ['an unknown state', charger({ pilot_state: 'G' }), 'pilot_state_unknown'],
  ['a state in small letters', charger({ pilot_state: 'c' }), 'pilot_state_unknown'],
  ['a state with a line break behind it', charger({ pilot_state: 'C\n' }), 'pilot_state_unknown'],
  ['an empty state', charger({ pilot_state: '' }), 'pilot_state_unknown'],
  ['a number for a state', charger({ pilot_state: 5 }), 'pilot_state_unknown'],
  ['a list for a state', charger({ pilot_state: ['A'] }), 'pilot_state_unknown'],
  ['an object for a state', charger({ pilot_state: {} }), 'pilot_state_unknown'],
  ['an unknown nested state', nested({ pilot_state: 'Z' }), 'pilot_state_unknown'],
  ['text for a number', charger({ pwm_duty_cycle: '50' }), 'pwm_duty_cycle_not_a_number'],
  ['text that is no number', charger({ pwm_duty_cycle: 'half' }), 'pwm_duty_cycle_not_a_number'],
  ['true for a number', charger({ pwm_duty_cycle: true }), 'pwm_duty_cycle_not_a_number'],
  ['a list for a number', charger({ pwm_duty_cycle: [50] }), 'pwm_duty_cycle_not_a_number'],
  ['an object for a number', charger({ pwm_duty_cycle: {} }), 'pwm_duty_cycle_not_a_number'],
  ['nested text for a number', nested({ pwm_duty_cycle: '50' }), 'pwm_duty_cycle_not_a_number'],
  ['less than nothing', charger({ pwm_duty_cycle: -0.1 }), 'pwm_duty_cycle_impossible'],
  ['more than all', charger({ pwm_duty_cycle: 100.1 }), 'pwm_duty_cycle_impossible'],
  ['more than a double holds', '{"pwm_duty_cycle": 1e400}', 'pwm_duty_cycle_impossible'],
  ['charging below J1772', charger({ pilot_state: 'C', pwm_duty_cycle: 9.9 }), 'pwm_duty_cycle_out_of_range'],
  [
    'charging above J1772',
    charger({ pilot_state: 'D', pwm_duty_cycle: 96.1 }),
    'pwm_duty_cycle_out_of_range',
  ],
  [
    'nested, charging at nothing',
    nested({ pilot_state: 'C', pwm_duty_cycle: 0 }),
    'pwm_duty_cycle_out_of_range',
  ],
  ['the edges of J1772', charger({ pilot_state: 'C', pwm_duty_cycle: 96 }), 'ok'],
  ['no offer while not charging', charger({ pilot_state: 'B', pwm_duty_cycle: 100 }), 'ok'],
  ['text', 'hello', 'not_an_object'],
  ['nothing at all', '', 'not_an_object'],
  ['an object cut off', '{"pilot_state": "C", "pwm_du', 'not_an_object'],
  ['a list', '[{"pilot_state": "C"}]', 'not_an_object'],
  ['an empty list', '[]', 'not_an_object'],
  ['a number', '80', 'not_an_object'],
  ['a JSON string of an object', '"{}"', 'not_an_object'],
  ['null', 'null', 'not_an_object'],
  ['bytes that are no text', NOT_TEXT, 'not_an_object'],
]

/** Anything that a device may put in a field. */
const values = fc.oneof(
  fc.constantFrom('A', 'C', 'G', '', '50', 50, 9.5, 97, -1, 101, true, null, [], {}, ['C'], [50]),
  fc.jsonValue({ maxDepth: 2 }),
)
const readings = fc.record({ pilot_state: values, pwm_duty_cycle: values }, { requiredKeys: [] })
const messages = fc.oneof(
  readings.map(charger),
  readings.map(nested),
  fc.jsonValue(),
  fc.string(),
  fc.uint8Array(),
)

describe('the verdict of a rule', () => {
  it.each(CASES)('on %s', (_, message, verdict) => {
    expect(verdictOf(message)).toBe(verdict)
  })

  it('is known for every word that a rule can say', () => {
    const said = new Set(CASES.map(([, , verdict]) => verdict))
    expect(VERDICTS.filter((verdict) => !said.has(verdict))).toEqual(['undecided'])
  })

  it.each(['sidewalk/uplink', EVSE_TOPIC])('is given on a charger’s readings on %s', (topic) => {
    expect(verdictOf(charger({ pilot_state: 'G' }), topic)).toBe('pilot_state_unknown')
  })

  it('leaves what is no thermostat’s reading alone on a thermostat’s topic', () => {
    const topic = 'ev/thermostat/stat-1/telemetry'
    expect(verdictOf({ ...FLAT_THERMOSTAT, pilot_state: 'G' }, topic)).toBe('ok')
    expect(verdictOf('heating on', topic)).toBe('not_an_object')
  })
})

describe('every message', () => {
  it('reaches the stream once, with its bytes, whatever they are', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const puts = putsOf(message)
        expect(puts.length).toBe(1)
        const { payload_base64, verdict, ...rest } = recordOf(puts[0])
        expect(Buffer.from(payload_base64, 'base64').equals(payloadOf(message))).toBe(true)
        expect(rest).toEqual({ topic: EVSE_TOPIC, source: 'mqtt', received_at: NOW, ttl: ttlOf(NOW) })
        expect(VERDICTS.filter((one) => one !== 'undecided')).toContain(verdict)
      }),
      { numRuns: 2_000 },
    )
  })

  it('gets the same record whatever `decode` makes of bytes that are no text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        expect(putsOf(bytes, EVSE_TOPIC, 'null')).toEqual(putsOf(bytes, EVSE_TOPIC, 'text'))
      }),
    )
    expect(putsOf(NOT_TEXT, EVSE_TOPIC, 'null')).toEqual(putsOf(NOT_TEXT, EVSE_TOPIC, 'text'))
  })

  it('that the parser refuses for a reading had a verdict that said so', () => {
    const refusing = [
      'not_an_object',
      'pilot_state_unknown',
      'pwm_duty_cycle_not_a_number',
      'pwm_duty_cycle_impossible',
    ]
    fc.assert(
      fc.property(messages, (message) => {
        const outcome = parseReport({ topic: EVSE_TOPIC, payload: payloadOf(message) })
        const verdict = verdictOf(message)
        if (refusing.includes(verdict)) expect(outcome).toHaveProperty('rejection')
        if (verdict === 'pwm_duty_cycle_out_of_range' && 'report' in outcome)
          expect(outcome.report.flags).toContain('pwm_duty_cycle_out_of_range')
        if ('rejection' in outcome && /(pilot_state|pwm_duty_cycle)$/.test(outcome.rejection.field))
          expect(refusing).toContain(verdict)
      }),
      { numRuns: 2_000 },
    )
  })
})
