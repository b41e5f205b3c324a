import { describe, expect, test } from 'vitest'
import {
  type AnyStateMachine,
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromPromise,
  log,
  raise,
  sendTo,
  spawnChild,
  stateIn,
} from 'xstate'
import { fold } from '../../statecharts/advance.ts'
import type { Chart } from '../../statecharts/chart.ts'
import { compile } from '../../statecharts/compile.ts'
import { slowSteps, stepMachine } from '../../statecharts/step-machine.ts'

const machineOf = (config: object) => createMachine({ id: 'm', ...config } as never) as AnyStateMachine
const lines = { initial: 'x', states: { x: {}, y: {} } }

describe('what the tables cannot run is refused by name and place', () => {
  test.each<[string, object]>([
    [
      'parallel state "a.b"',
      {
        initial: 'a',
        states: { a: { initial: 'b', states: { b: { type: 'parallel', states: { l: {}, r: {} } } } } },
      },
    ],
    [
      'history state "x.h"',
      { initial: 'x', states: { x: { initial: 'z', states: { z: {}, h: { type: 'history' } } } } },
    ],
    ['invoke in "x"', { initial: 'x', states: { x: { invoke: { src: fromPromise(async () => 1) } } } }],
    ['final state "m" as the whole machine', { type: 'final' }],
    ['transition of "m" to several states', { ...lines, on: { a: { target: ['.x', '.y'] } } }],
    ['guard stateIn of "m"', { ...lines, on: { a: { guard: and([stateIn('x')]), target: '.y' } } }],
    ['action xstate.sendTo of "m"', { on: { a: { actions: sendTo('other', { type: 'b' }) } } }],
    ['action xstate.spawnChild of "x"', { initial: 'x', states: { x: { entry: spawnChild('other') } } }],
    ['action xstate.log of "m"', { on: { a: { actions: log('here') } } }],
    [
      'delayed raise outside `after` in "m"',
      { on: { a: { actions: raise({ type: 'b' }, { delay: 5, id: 'later' }) } } },
    ],
    ['cancel of other than an `after` in "m"', { on: { a: { actions: cancel('later') } } }],
  ])('%s', (name, config) => {
    expect(() => compile(machineOf(config))).toThrow(name)
  })
})

describe('a refused machine', () => {
  const parallel = machineOf({
    type: 'parallel',
    states: {
      l: { initial: 'off', states: { off: { on: { a: 'on' } }, on: {} } },
      r: { initial: 'off', states: { off: { on: { a: 'on' } }, on: {} } },
    },
  })

  test('is run by xstate, and its steps are counted', () => {
    const chart: Chart = { id: 'two', version: 1, machine: parallel, quiescent: [] }
    const { state } = fold(chart, null, [
      { type: 'a', at: 1 },
      { type: 'b', at: 2 },
    ])
    expect(state.value).toEqual({ l: 'on', r: 'on' })
    expect(slowSteps(parallel)).toEqual({ slow_steps: 3, refused: 'parallel state "m"' })
  })

  test.each<[string, object]>([
    ['an action that uses `self`', { entry: [assign(({ self }) => ({ id: typeof self.id }))] }],
    ['an action that uses `spawn`', { on: { a: { actions: assign(({ spawn }) => ({ n: typeof spawn })) } } }],
    [
      'an action that uses `system`',
      { on: { a: { actions: emit(({ system }) => ({ type: typeof system })) } } },
    ],
    ['a context that uses `spawn`', { context: ({ spawn }: { spawn: unknown }) => ({ n: typeof spawn }) }],
    [
      'action enqueue.sendTo of "m"',
      {
        on: {
          a: { actions: enqueueActions(({ enqueue }) => enqueue.sendTo(({ self }) => self, { type: 'b' })) },
        },
      },
    ],
  ])('may be found out only when it runs, half-way through a step: %s', (name, config) => {
    const machine = machineOf({ context: {}, ...config })
    const chart: Chart = { id: 'late', version: 1, machine, quiescent: [] }
    expect(() => compile(machine)).not.toThrow()
    fold(chart, null, [
      { type: 'a', at: 1 },
      { type: 'a', at: 2 },
    ])
    expect(slowSteps(machine).refused).toBe(name)
    expect(slowSteps(machine).slow_steps).toBeGreaterThan(1)
  })

  test('an error of the chart’s own is no refusal', () => {
    const broken = machineOf({
      context: {},
      on: {
        a: {
          actions: assign(() => {
            throw new Error('no fuse')
          }),
        },
      },
    })
    expect(() => stepMachine(broken, {}, {}, { type: 'a' })).toThrow('no fuse')
    expect(slowSteps(broken)).toEqual({ slow_steps: 0, refused: null })
  })
})

test('a state that the tables do not know is xstate’s to judge', () => {
  const machine = machineOf(lines)
  expect(() => stepMachine(machine, 'gone', {}, { type: 'a' })).toThrow(/State 'gone' does not exist on 'm'/)
  expect(slowSteps(machine)).toEqual({ slow_steps: 1, refused: null })
})
