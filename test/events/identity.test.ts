import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalMessage } from '../../events/canonical.ts'
import { identityOf } from '../../events/identity.ts'
import { RANK } from '../../events/key.ts'
import { rankOf } from '../../events/rank.ts'
import { accepted, FLAT_EVSE, FLAT_THERMOSTAT, GPIO } from './messages.ts'

const idOf = (change: object, boot?: number) => identityOf(accepted({ ...FLAT_EVSE, ...change }), boot)

describe('identity', () => {
  it('is 32 hex digits', () => {
    expect(idOf({})).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is the same whatever the order of keys and the way numbers are written', () => {
    const text = '{"pilot_state":"C","timestamp":1704067200000.0,"device_id":"d","x":{"b":-0,"a":1.50}}'
    const other = '{"x":{"a":1.5,"b":0},"device_id":"d","timestamp":1704067200000,"pilot_state":"\\u0043"}'
    expect(identityOf(accepted(text))).toBe(identityOf(accepted(other)))
  })

  it('is the same whatever the order of very many keys', () => {
    const many = Array.from({ length: 50 }, (_, i) => [`field_${i}`, i] as const)
    expect(idOf(Object.fromEntries(many))).toBe(idOf(Object.fromEntries(many.reverse())))
  })

  it('leaves out what a rule or a broker added', () => {
    expect(
      idOf({ ttl: 5, received_at: 6, topic: 't', clientid: 'c', traceid: 'x', principal: 'p', verdict: 'v' }),
    ).toBe(idOf({}))
  })

  it('does not leave out what merely looks added, further inside', () => {
    expect(idOf({ radio: { ttl: 1 } })).not.toBe(idOf({ radio: { ttl: 2 } }))
  })

  it.each([
    ['device', { device_id: 'other' }],
    ['time', { timestamp: 1704067200001 }],
    ['event id', { event_id: 'e-1' }],
    ['reading', { current_draw: 16.001 }],
    ['unknown field', { note: '' }],
  ])('differs with the %s', (_, change) => {
    expect(idOf(change)).not.toBe(idOf({}))
  })

  it('differs with the boot: the same words at the same uptime come again after a reboot', () => {
    expect(new Set([idOf({}, 1), idOf({}, 2), idOf({})]).size).toBe(3)
  })

  it('does not run its parts together', () => {
    const part = { reported_timestamp: 1, said: {} }
    const one = identityOf({ ...part, device_id: 'a","1', device_event_id: 'b' })
    const two = identityOf({ ...part, device_id: 'a', device_event_id: '1","b' })
    expect(one).not.toBe(two)
  })
})

describe('canonical JSON', () => {
  it('is JSON with the same content', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue(),
        ),
        (message) => {
          const { ttl, received_at, topic, verdict, clientid, traceid, principal, ...own } = message
          // Through JSON first, which is where messages come from: it has no -0 and no undefined.
          expect(JSON.parse(canonicalMessage(message))).toEqual(JSON.parse(JSON.stringify(own)))
        },
      ),
    )
  })
})

describe('canonical JSON of one message after another', () => {
  const { tree } = fc.letrec<{ tree: unknown; object: Record<string, unknown> }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false, 0, 1, 0.5, '', 'a', 'é', '"'),
      fc.array(tie('tree'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.record({ a: tie('tree'), b: tie('tree'), ttl: tie('tree') }),
  }))

  it('is that of each by itself, though they have one shape, and those within them', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ b: tree, a: tree }), { maxLength: 8 }), (messages) => {
        for (const message of messages) expect(canonicalMessage(message)).toBe(sorted(message))
      }),
    )
  })

  function sorted(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(sorted).join()}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([name, held]) => `${JSON.stringify(name)}:${sorted(held)}`).join()}}`
  }
})

describe('rank within a millisecond', () => {
  const { device_type: _, ...pin } = { ...GPIO, device_type: null }
  it.each([
    ['the end of a session', { ...FLAT_EVSE, event_type: 'session_end', pilot_state: 'B' }, RANK.end],
    ['an unplugged state', { ...FLAT_EVSE, pilot_state: 'A' }, RANK.end],
    [
      'a session_start that is unplugged',
      { ...FLAT_EVSE, event_type: 'session_start', pilot_state: 'A' },
      RANK.end,
    ],
    ['the start of a session', { ...FLAT_EVSE, event_type: 'session_start', pilot_state: 'B' }, RANK.start],
    ['a change of state', FLAT_EVSE, RANK.change],
    ['telemetry', { ...FLAT_EVSE, event_type: 'telemetry', pilot_state: null }, RANK.change],
    ['the end of a cycle', { ...FLAT_THERMOSTAT, event_type: 'cycle_end' }, RANK.end],
    [
      'a thermostat with no call on',
      { ...FLAT_THERMOSTAT, event_type: 'state_change', heating_call: false },
      RANK.end,
    ],
    ['the start of a cycle', FLAT_THERMOSTAT, RANK.start],
    ['a thermostat’s change', { ...FLAT_THERMOSTAT, event_type: 'state_change' }, RANK.change],
    [
      'a thermostat’s telemetry without a call',
      { ...FLAT_THERMOSTAT, event_type: 'telemetry', heating_call: null, cooling_call: null },
      RANK.change,
    ],
    ['a pin, whatever it means', pin, RANK.change],
  ])('of %s', (_, message, rank) => {
    expect(rankOf(accepted(message, 'sidewalk/dev'))).toBe(rank)
  })
})
