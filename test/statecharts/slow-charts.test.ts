import { expect, test } from 'vitest'
import { evseSession } from '../../statecharts/evse-session.ts'
import { slowStepsSoFar } from '../../statecharts/slow-charts.ts'
import { startMachine, stepMachine } from '../../statecharts/step-machine.ts'

test('a step that the tables do not hold is counted, and no other', () => {
  const { context } = startMachine(evseSession.machine)
  stepMachine(evseSession.machine, 'unplugged', context, { type: 'evse' })
  expect(slowStepsSoFar()).toBe(0)
  // A state that no version of the chart has: xstate is asked, and says so.
  expect(() => stepMachine(evseSession.machine, 'nowhere', context, { type: 'evse' })).toThrow()
  expect(slowStepsSoFar()).toBe(1)
})
