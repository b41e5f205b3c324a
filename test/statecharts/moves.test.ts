import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { advance, newChartState } from '../../statecharts/advance.ts'
import type { Chart, ChartState } from '../../statecharts/chart.ts'
import { inSince, STRETCH_MS, statesIn, takenSince } from '../../statecharts/moves.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 10, 2)

const switched: Chart = {
  id: 'switched',
  version: 1,
  quiescent: ['off'],
  machine: setup({}).createMachine({
    initial: 'off',
    states: {
      off: { on: { on: 'work.low', tick: {} } },
      work: {
        initial: 'low',
        on: { off: 'off', tick: {} },
        states: { low: { on: { up: 'high' } }, high: { on: { down: 'low' } } },
      },
    },
  }),
}

const regions: Chart = {
  id: 'regions',
  version: 1,
  quiescent: [],
  machine: setup({}).createMachine({
    type: 'parallel',
    states: {
      fan: { initial: 'off', states: { off: { on: { blow: 'on' } }, on: { on: { still: 'off' } } } },
      heat: { initial: 'off', states: { off: { on: { burn: 'on' } }, on: {} } },
    },
  }),
}

function walked(chart: Chart, ...events: [type: string, at: number][]): ChartState {
  return events.reduce((state, [type, at]) => advance(chart, state, { type, at }).state, newChartState(chart))
}

/** How often each edge was taken since then. */
function counted({ taken = [] }: ChartState, since: number): Record<string, number> {
  const all = taken.map((one) => [one[0], takenSince(one, since)] as const)
  return Object.fromEntries(all.filter(([, n]) => n > 0))
}

test('an edge that leads somewhere is counted each time, and one that stays in its state is not', () => {
  const state = walked(
    switched,
    ['on', T0],
    ['tick', T0 + 1],
    ['up', T0 + 2],
    ['off', T0 + 3],
    ['on', T0 + 4],
  )
  expect(counted(state, T0)).toEqual({ 'off / on': 2, 'work.low / up': 1, 'work / off': 1 })
})

test('an event that nobody hears leaves everything as it was', () => {
  const state = walked(switched, ['on', T0])
  expect(walked(switched, ['on', T0], ['on', T0 + 5])).toEqual(state)
})

test('an hour can be asked for to ten minutes, for as long as a clock may be ahead', () => {
  const state = walked(switched, ['on', T0], ['off', T0 + 50 * 60_000], ['on', T0 + 2 * HOUR])
  expect(counted(state, T0 + 5 * STRETCH_MS)).toEqual({ 'work / off': 1, 'off / on': 1 })
  expect(counted(state, T0)).toEqual({ 'off / on': 2, 'work / off': 1 })
})

test('a day can be asked for to the hour, and what is older is forgotten with the next move', () => {
  const flips = Array.from({ length: 26 * 60 }, (_, n): [string, number] => [
    n % 2 ? 'off' : 'on',
    T0 + n * 60_000,
  ])
  const state = walked(switched, ...flips)
  const day = counted(state, T0 + 2 * HOUR)
  expect(day).toEqual({ 'off / on': 24 * 30, 'work / off': 24 * 30 })
  expect(counted(state, 0)).toEqual({ 'off / on': 26 * 30, 'work / off': 26 * 30 })
  const later = advance(switched, state, { type: 'on', at: T0 + 60 * HOUR }).state
  expect(counted(later, 0)).toEqual({ 'off / on': 1 })
})

test('a charger that flaps all day is told by some forty pairs an edge, and no more', () => {
  const flips = Array.from({ length: 3 * 24 * 120 }, (_, n): [string, number] => [
    n % 2 ? 'off' : 'on',
    T0 + n * 30_000,
  ])
  for (const [, ...counts] of walked(switched, ...flips).taken ?? [])
    expect(counts.length / 2).toBeLessThanOrEqual(23 + 3 * 6)
})

test('a state around others is counted from when it was come into, and each region by itself', () => {
  const inside = walked(switched, ['on', T0], ['up', T0 + HOUR])
  expect(statesIn(inside.value)).toEqual(['work', 'work.high'])
  expect(inSince(inside, 'work')).toBe(T0)
  expect(inSince(inside, 'work.high')).toBe(T0 + HOUR)
  const beside = walked(regions, ['blow', T0], ['burn', T0 + HOUR], ['still', T0 + 2 * HOUR])
  expect(statesIn(beside.value)).toEqual(['fan', 'fan.off', 'heat', 'heat.on'])
  expect(inSince(beside, 'heat.on')).toBe(T0 + HOUR)
  expect(inSince(beside, 'fan.off')).toBe(T0 + 2 * HOUR)
  expect(counted(beside, T0)).toEqual({ 'fan.off / blow': 1, 'heat.off / burn': 1, 'fan.on / still': 1 })
})
