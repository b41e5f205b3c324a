import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldsOfItem, fieldsToItem } from '../../adapters/dynamodb-fields.ts'
import { DUE_STEP_MS, fromItem, toItem } from '../../adapters/dynamodb-items.ts'
import { NewerPacking, packState, unpackState } from '../../adapters/packed-state.ts'
import { newDeviceState } from '../../statecharts/device-state.ts'
import { eventRow, stateItem, summary, T0 } from '../contract/store-rows.ts'

const json = fc.jsonValue({ maxDepth: 2 })
const name = fc.oneof(
  fc.constantFrom('pilot_state', 'session_id', 'more', 'ttl', '__proto__', 'constructor', 'location', ''),
  fc.string({ maxLength: 4 }),
)
const fields = fc.dictionary(name, json, { maxKeys: 6, noNullPrototype: true })

describe('the fields of an event', () => {
  test('are attributes by their own names, as the table of the source document has them', () => {
    const body = {
      pilot_state: 'C',
      pwm_duty_cycle: 50,
      current_draw: 15.93,
      proximity_detected: true,
      session_id: '550e8400',
      ended_at: null,
    }
    expect(toItem('events', eventRow({ body }))).toMatchObject({
      device_id: { S: 'dev-1' },
      device_type: { S: 'evse' },
      location: { S: 'site-1' },
      event_type: { S: 'state_change' },
      ttl: { N: '1770776000' },
      pilot_state: { S: 'C' },
      pwm_duty_cycle: { N: '50' },
      current_draw: { N: '15.93' },
      proximity_detected: { BOOL: true },
      session_id: { S: '550e8400' },
      ended_at: { NULL: true },
    })
  })

  test('come back as JSON has them, whatever they are called and hold', () => {
    fc.assert(
      fc.property(fields, (body) => {
        const taken = new Set(['ttl', 'location'])
        const back = fieldsOfItem(fieldsToItem(body, taken), taken)
        expect(back).toEqual(JSON.parse(JSON.stringify(body)))
        const row = eventRow({ body })
        expect(fromItem('events', toItem('events', row))).toEqual(JSON.parse(JSON.stringify(row)))
      }),
    )
  })

  test('keep to themselves what an attribute cannot hold', () => {
    const item = fieldsToItem(
      { big: 1e200, text: '', half: '\ud83d', list: [1], Upper: 1, plain: 1 },
      new Set(),
    )
    expect(Object.keys(item).sort()).toEqual(['more', 'plain'])
    expect(JSON.parse(item.more?.S ?? '')).toEqual({
      big: 1e200,
      text: '',
      half: '\ud83d',
      list: [1],
      Upper: 1,
    })
  })
})

describe('the places of an item', () => {
  test('what a device said is in the index of its location; what was decided in those of decisions too', () => {
    const said = toItem('events', eventRow())
    expect(said.decided_device ?? said.decided_location).toBeUndefined()
    expect(toItem('events', eventRow({ origin: 'chart' }))).toMatchObject({
      decided_device: { S: 'dev-1' },
      decided_location: { S: 'site-1' },
    })
    const nowhere = toItem('events', eventRow({ origin: 'chart', location: null }))
    expect(nowhere.location ?? nowhere.decided_location).toBeUndefined()
  })

  test('a timer puts its device into the due index by steps, never too late', () => {
    const at = (next_due: number) => Number(toItem('states', stateItem({ next_due })).due_at?.N)
    expect(at(T0)).toBeLessThanOrEqual(T0)
    expect(at(T0)).toBeGreaterThan(T0 - DUE_STEP_MS)
    expect(at(at(T0) + DUE_STEP_MS - 1)).toBe(at(T0))
    expect(at(at(T0) + DUE_STEP_MS)).toBe(at(T0) + DUE_STEP_MS)
    expect(toItem('states', stateItem({ next_due: null })).due_at).toBeUndefined()
  })

  test('an item without a field that every item has is our bug', () => {
    const { location: _, ...rest } = summary()
    expect(() => toItem('summaries', { ...rest, device_id: undefined } as never)).toThrow(TypeError)
  })
})

describe('a packed state', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unpackState(packState(text))).toBe(text.toWellFormed())
      }),
    )
  })

  test('is a quarter of its text, and small enough for one write unit', () => {
    const text = JSON.stringify(newDeviceState('charger-1', 'evse'))
    expect(packState(text).byteLength).toBeLessThan(text.length / 4)
  })

  test('of newer code holds the shard and is not guessed at', () => {
    const packed = Buffer.from(packState('{}'))
    packed[0] = 200
    expect(() => unpackState(packed)).toThrow(NewerPacking)
    expect(() => unpackState(new Uint8Array())).toThrow(NewerPacking)
  })
})
