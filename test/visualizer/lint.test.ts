/** A broken chart for each rule, and the shipped ones, which have nothing. */

import { describe, expect, test } from 'vitest'
import { assign, cancel, emit, raise, setup } from 'xstate'
import { shippedCharts } from '../../statecharts/device-charts.ts'
import { runCharts } from '../../tools/charts-command.ts'
import { lintGraph } from '../../visualizer/lint.ts'
import { readChart } from '../../visualizer/read-machine.ts'

const made = setup({
  types: {} as { context: Record<string, number>; events: { type: string } },
  guards: { open: () => true, shut: () => false },
  actions: {
    note: assign({ n: 1 }),
    say: emit({ type: 'said' }),
    ring: raise({ type: 'rung' }),
    arm: raise({ type: 'due' }, { delay: 'soon' }),
    disarm: cancel('due'),
  },
  delays: { soon: 1000 },
})

function findings(config: object, quiescent: string[] = ['a']) {
  const machine = made.createMachine({ id: 'broken', context: { n: 0 }, initial: 'a', ...config } as never)
  const graph = readChart({ id: 'broken', version: 1, machine: machine as never, quiescent })
  return lintGraph(graph)
    .filter(({ rule }) => !/^(unused|timer-unset)/.test(rule))
    .map(({ rule, place }) => `${rule} at ${place}`)
}

const BROKEN: [string, object, string[]][] = [
  [
    'a state that nothing leads to',
    { states: { a: {}, b: { on: { x: 'a' } } } },
    ['unreachable-state at b', 'unreachable-edge at b / x'],
  ],
  [
    'an edge behind an open door',
    {
      states: {
        a: { on: { x: [{ target: 'b' }, { guard: 'open', target: 'a', reenter: true }] } },
        b: { on: { x: 'a' } },
      },
    },
    ['shadowed-edge at a / x / 2'],
  ],
  [
    'an edge behind the same guard',
    {
      states: {
        a: {
          on: {
            x: [
              { guard: 'open', target: 'b' },
              { guard: 'open', actions: 'note' },
            ],
          },
        },
        b: { on: { x: 'a' } },
      },
    },
    ['shadowed-edge at a / x / 2'],
  ],
  [
    'timers that go round',
    { states: { a: { after: { soon: 'b' } }, b: { after: { soon: 'a' } } } },
    ['timer-cycle at a', 'timer-cycle at b'],
  ],
  [
    'a state with no way back to rest',
    { states: { a: { on: { x: 'b' } }, b: { on: { y: { actions: 'note' } } } } },
    ['no-way-to-rest at b'],
  ],
  [
    'a delay in numbers',
    { states: { a: { on: { x: 'b' } }, b: { after: { 500: 'a' } } } },
    ['numeric-delay at b / after 500'],
  ],
  [
    'a delay that nobody declared',
    { states: { a: { on: { x: 'b' } }, b: { after: { later: 'a' } } } },
    ['unknown-delay at b / after later'],
  ],
  [
    'a timer that nobody hears',
    { states: { a: { on: { x: { actions: 'arm' } } } } },
    ['timer-unheard at a / x'],
  ],
  [
    'an event that nobody handles',
    { states: { a: { on: { x: { actions: 'ring' } } } } },
    ['event-unheard at a / x'],
  ],
  [
    'an action without a name',
    { states: { a: { on: { x: { actions: assign({ n: 2 }) } } } } },
    ['inline-function at a / x'],
  ],
  [
    'a guard without a name',
    { states: { a: { on: { x: { guard: () => true, actions: 'note' } } } } },
    ['inline-function at a / x'],
  ],
  [
    'an action that nobody declared',
    { states: { a: { on: { x: { actions: 'nothing' } } } } },
    ['missing-action at a / x'],
  ],
  [
    'a guard that nobody declared',
    { states: { a: { on: { x: { guard: 'nobody', actions: 'note' } } } } },
    ['missing-guard at a / x'],
  ],
  ['an invoke', { states: { a: { invoke: { src: 'call' } } } }, ['invoke at a']],
]

describe('a chart is found out', () => {
  test.each(BROKEN)('by %s', (_, config, expected) => {
    expect(findings(config).sort()).toEqual([...expected].sort())
  })

  test('by having no rest at all', () => {
    expect(findings({ states: { a: {} } }, [])).toEqual(['never-at-rest at broken'])
  })

  test('by reading what its first context does not have', () => {
    const machine = setup({
      types: {} as { context: { n?: number; m: number } },
      guards: { late: ({ context }) => (context.n ?? 0) > context.m },
    }).createMachine({
      context: { m: 0 },
      initial: 'a',
      states: { a: { on: { x: { guard: 'late', target: 'a' } } } },
    })
    const graph = readChart({ id: 'broken', version: 1, machine: machine as never, quiescent: ['a'] })
    expect(lintGraph(graph)).toMatchObject([
      { rule: 'context-unset', place: 'late', reason: expect.stringContaining('context.n') },
    ])
  })

  test('by what it declares and nothing uses', () => {
    const machine = made.createMachine({ context: { n: 0 }, initial: 'a', states: { a: {} } })
    const graph = readChart({ id: 'broken', version: 1, machine: machine as never, quiescent: ['a'] })
    const rules = lintGraph(graph).map(({ rule, place }) => `${rule} ${place}`)
    expect(rules).toContain('unused-guard open')
    expect(rules).toContain('unused-action note')
    expect(rules).toContain('timer-unset soon')
  })
})

test('a chart with nothing wrong is left in peace', () => {
  const states = {
    a: { on: { x: 'b' } },
    b: { after: { soon: 'a' }, on: { x: { guard: 'open', actions: 'note' } } },
  }
  expect(findings({ states })).toEqual([])
})

test('what is acknowledged is not found, and what is acknowledged in vain is', () => {
  const machine = made.createMachine({
    context: { n: 0 },
    initial: 'a',
    states: { a: { after: { soon: { target: 'a', reenter: true } } } },
  } as never)
  const graph = readChart({ id: 'c', version: 1, machine: machine as never, quiescent: ['a'] })
  const rules = (known: Parameters<typeof lintGraph>[1]) =>
    lintGraph(graph, known)
      .filter(({ rule }) => !rule.startsWith('unused'))
      .map(({ rule }) => rule)
  expect(rules([])).toEqual(['timer-cycle'])
  expect(rules([{ rule: 'timer-cycle', place: 'a', because: 'so it is meant' }])).toEqual([])
  expect(rules([{ rule: 'timer-cycle', place: 'b', because: 'no such state' }])).toEqual([
    'timer-cycle',
    'stale-acknowledgement',
  ])
})

test('the shipped charts have nothing that is not acknowledged', async () => {
  for (const chart of shippedCharts()) expect(lintGraph(readChart(chart), chart.acknowledged)).toEqual([])
  expect(await runCharts(['--check'], { out: () => {}, err: () => {} })).toBe(0)
})
