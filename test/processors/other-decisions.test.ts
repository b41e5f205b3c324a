import { expect, it } from 'vitest'
import { eventKey, RANK } from '../../events/key.ts'
import { decidedPuts, decidedRow } from '../../processors/decided-rows.ts'
import type { Decided } from '../../statecharts/advance-device.ts'
import { newDeviceState } from '../../statecharts/device-state.ts'
import { hvacCycle } from '../../statecharts/hvac-cycle.ts'

const key = eventKey({ event_time: 1000, rank: RANK.timer, identity: 'ab'.repeat(32) })
const place = { location: null, received_at: 2000, ttl: 1, applied: 1 }
const state = newDeviceState('dev-1', 'thermostat')

function decided(type: string, data: Record<string, unknown>): Decided {
  const instance = { name: 'motor', slot: 0, chart: hvacCycle, hear: () => null }
  return { instance, decision: { type, at: 1000, timer: null, data }, key, cause: key }
}

it('a decision of another name is an action, with all of it in its body', () => {
  const sns = decided('sns', { targetArn: 'arn:aws:sns:eu-west-1:1:t', payload: { a: 1 } })
  expect(decidedRow(state, sns, place)).toMatchObject({
    ...key,
    event_type: 'action',
    origin: 'chart',
    body: { action: 'sns', chart: 'motor', targetArn: 'arn:aws:sns:eu-west-1:1:t', payload: { a: 1 } },
  })
  expect(decidedPuts(state, sns, place)).toEqual([])
})

it('an alarm is one as ever, and so is what is called like no decision of ours', () => {
  const alarm = decided('alarm', { alarm: 'stuck_call', opened_by: 'x', started_at: 1, after_s: 2 })
  expect(decidedRow(state, alarm, place)).toMatchObject({
    event_type: 'alarm',
    body: { alarm: 'stuck_call' },
  })
  expect(decidedPuts(state, alarm, place)).toHaveLength(1)
  expect(decidedRow(state, decided('toString', {}), place)).toMatchObject({ event_type: 'action' })
})
