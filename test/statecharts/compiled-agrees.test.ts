import { describe, expect, test } from 'vitest'
import { CHARTED_TYPES, chartsOf } from '../../statecharts/device-charts.ts'
import { slowSteps } from '../../statecharts/step-machine.ts'
import { campaign, disagreement, pasteable } from './campaign.ts'
import { fleetAgrees } from './fleet-agreement.ts'
import { machineOf } from './machine-source.ts'
import { shrunk } from './shrink.ts'

const MACHINES = 2_000
const shipped = [...new Set(CHARTED_TYPES.flatMap(chartsOf).map(({ chart }) => chart))]

test(`${MACHINES} random machines say the same by xstate and from tables`, () => {
  const { figures, found } = campaign(1, ({ machines }) => machines < MACHINES)
  const small = found && shrunk(found, (one) => disagreement(machineOf(one.source), one.moves) !== null)
  expect(small && pasteable(small)).toBeNull()
  // A campaign in which nothing happens proves nothing.
  expect(figures.changed).toBeGreaterThan(figures.steps * 0.35)
  expect(figures.left_to_xstate).toBeLessThan(figures.steps * 0.1)
  expect(figures.errors).toBeGreaterThan(1_000)
  expect(figures.done).toBeGreaterThan(1_000)
}, 120_000)

describe('every shipped chart', () => {
  test('is compiled, and asks xstate for nothing', () => {
    for (const { machine } of shipped) expect(slowSteps(machine)).toEqual({ slow_steps: 0, refused: null })
  })

  test.each([
    [1, 'harsh'],
    [2, 'normal'],
    [3, 'none'],
  ] as const)('says the same on what fleet %i reports, with %s faults', (seed, faults) => {
    const figures = fleetAgrees({ seed, chargers: 6, thermostats: 6, hours: 36, faults })
    expect(Object.keys(figures).sort()).toEqual(shipped.map(({ id }) => id).sort())
    for (const { steps, changed } of Object.values(figures)) {
      expect(steps).toBeGreaterThan(300)
      expect(changed).toBeGreaterThan(100)
    }
  })
})
