import { describe, expect, test } from 'vitest'
import { and, assign, emit, not, or, raise, setup } from 'xstate'
import { compile } from '../../statecharts/compile.ts'
import { startCompiled, stepCompiled } from '../../statecharts/run-compiled.ts'
import type { Step } from '../../statecharts/step.ts'
import { agree, stepBoth } from './agreement.ts'

const words = setup({
  types: {} as { context: { trace: string[] }; events: { type: string; k?: number } },
  guards: { small: ({ event }) => (event.k ?? 0) < 3, odd: ({ event }) => (event.k ?? 0) % 2 === 1 },
  actions: {
    mark: assign(({ context }, tag: string) => ({ trace: [...context.trace, tag] })),
    tell: emit(({ event }) => ({ type: 'told', because: event.type })),
  },
  delays: { while: ({ event }) => (event.k ?? 1) * 1000 },
})
const mark = (params: string) => ({ type: 'mark' as const, params })

type Config = Parameters<typeof words.createMachine>[0]
type Event = { type: string; k?: number }

/** Every step from the beginning, each the same by xstate. */
function steps(config: Omit<Config, 'context'>, ...events: (string | Event)[]): Step[] {
  const machine = words.createMachine({ context: { trace: [] }, ...config } as Config)
  const compiled = compile(machine)
  const all = [startCompiled(compiled)]
  for (const said of events) {
    const event = typeof said === 'string' ? { type: said } : said
    const { value, context } = all.at(-1) as Step
    const both = stepBoth(machine, compiled, value, context, event)
    expect(agree(both)).toBe(true)
    all.push(stepCompiled(compiled, value, context, event) as Step)
  }
  return all
}

const traceOf = (all: Step[]) => all.at(-1)?.context.trace

describe('who is asked', () => {
  const nested: Omit<Config, 'context'> = {
    initial: 'outer',
    states: {
      outer: {
        initial: 'leaf',
        on: { a: { actions: mark('outer') }, 'b.*': { actions: mark('outer b.*') } },
        states: {
          leaf: {
            on: { a: { guard: 'small', actions: mark('leaf') }, '*': { guard: 'odd', actions: mark('any') } },
          },
        },
      },
    },
    on: { 'b.c': { actions: mark('root') } },
  }

  test('the leaf before its ancestors', () => {
    expect(traceOf(steps(nested, { type: 'a', k: 1 }))).toEqual(['leaf'])
  })

  test('the exact event before wildcards, in the same state', () => {
    expect(traceOf(steps(nested, { type: 'a', k: 5 }))).toEqual(['any'])
  })

  test('an ancestor where no guard of the leaf agrees', () => {
    expect(traceOf(steps(nested, { type: 'a', k: 4 }))).toEqual(['outer'])
  })

  test('a wildcard of the parent before the exact event of the root', () => {
    expect(traceOf(steps(nested, 'b.c', 'b', 'b.c.d'))).toEqual(['outer b.*', 'outer b.*', 'outer b.*'])
  })

  test('`and`, `or` and `not` in one another', () => {
    const config: Omit<Config, 'context'> = {
      on: { a: { guard: or([and(['small', 'odd']), not(or(['small', 'odd']))]), actions: mark('yes') } },
    }
    const heard = [0, 1, 2, 3, 4, 5].filter((k) => steps(config, { type: 'a', k }).at(-1)?.changed)
    expect(heard).toEqual([1, 4])
  })
})

describe('what is left and entered', () => {
  const lives = (name: string) => ({ entry: mark(`in ${name}`), exit: mark(`out ${name}`) })
  const tree: Omit<Config, 'context'> = {
    id: 'm',
    ...lives('m'),
    initial: 'a',
    on: { again: { target: '#m', reenter: true }, home: '.a' },
    states: {
      a: {
        ...lives('a'),
        initial: 'x',
        on: { inside: '.y', around: { target: '.y', reenter: true } },
        states: { x: { ...lives('x'), on: { stay: { actions: mark('stay') } } }, y: lives('y') },
      },
    },
  }
  const last = (event: string) => (traceOf(steps(tree, event)) as string[]).slice(3)

  test('the deepest first out, the outermost first in', () => {
    expect(last('around')).toEqual(['out x', 'out a', 'in a', 'in y'])
  })

  test('an internal transition stays in its source', () => {
    expect(last('inside')).toEqual(['out x', 'in y'])
  })

  test('one without a target leaves nothing', () => {
    expect(last('stay')).toEqual(['stay'])
  })

  test('re-entering the root leaves the root', () => {
    expect(last('again')).toEqual(['out x', 'out a', 'out m', 'in m', 'in a', 'in x'])
  })
})

describe('what happens without an event from outside', () => {
  test('a timer is set on entry, with its delay from the event, and cancelled on exit', () => {
    const config: Omit<Config, 'context'> = {
      id: 'm',
      initial: 'off',
      states: {
        off: { on: { a: 'on' } },
        on: { on: { b: 'off', a: { target: 'on', reenter: true } }, after: { while: 'off' } },
      },
    }
    const all = steps(config, { type: 'a', k: 7 }, 'a', 'b')
    expect(all.map(({ timers }) => timers)).toEqual([
      [],
      [{ set: 'while.m.on', delay_ms: 7000 }],
      [{ cancel: 'while.m.on' }, { set: 'while.m.on', delay_ms: 1000 }],
      [{ cancel: 'while.m.on' }],
    ])
    expect(all[2]).toMatchObject({ changed: true, value: 'on' })
  })

  test('what is raised is heard once, after what needs no event', () => {
    const config: Omit<Config, 'context'> = {
      initial: 'x',
      states: {
        x: { on: { a: { target: 'y', actions: [raise({ type: 'b' }), raise({ type: 'c' })] } } },
        y: { always: { target: 'z', actions: mark('always') } },
        z: { on: { b: { actions: [mark('b'), 'tell'] }, c: { actions: [mark('c'), 'tell'] } } },
      },
    }
    const all = steps(config, 'a')
    expect(traceOf(all)).toEqual(['always', 'b', 'c'])
    expect(all.at(-1)?.emitted).toEqual([
      { type: 'told', because: 'b' },
      { type: 'told', because: 'c' },
    ])
  })

  test('`always` goes on for as long as it changes something', () => {
    const guard = ({ context }: { context: { trace: string[] } }) => context.trace.length < 5
    const all = steps({ on: { a: {} }, always: { guard, actions: mark('again') } }, 'a')
    expect(traceOf(all)).toHaveLength(5)
  })

  test('one that goes round for ever ends where the machine says', () => {
    const config: Omit<Config, 'context'> = {
      initial: 'x',
      states: { x: { on: { a: 'y' } }, y: { always: 'z' }, z: { always: 'y' } },
      options: { maxIterations: 50 },
    }
    expect(() => steps(config, 'a')).toThrow(/more than 50 microsteps/)
  })

  test('a final state tells its parent, and one of the root ends the machine with an output', () => {
    const config: Omit<Config, 'context'> = {
      initial: 'work',
      states: {
        work: {
          initial: 'on',
          exit: mark('out work'),
          onDone: { target: 'end', actions: mark('done') },
          states: { on: { on: { a: 'off' } }, off: { type: 'final', output: 5 } },
        },
        end: { type: 'final', exit: mark('out end') },
      },
      output: ({ context, event }) => ({ trace: context.trace, event }),
    }
    const end = steps(config, 'a').at(-1)
    expect(end).toMatchObject({
      value: 'end',
      status: 'done',
      context: { trace: ['out work', 'done', 'out end'] },
    })
    expect(end?.output).toEqual({
      trace: ['out work', 'done'],
      event: { type: expect.any(String), output: undefined },
    })
  })
})

describe('what is given back', () => {
  const toggle: Omit<Config, 'context'> = {
    initial: 'off',
    states: { off: { on: { a: 'on' } }, on: { on: { a: { target: 'off', actions: mark('off') } } } },
  }

  test('an event that nothing handles changes nothing, and gives the same context', () => {
    const [first, unheard] = steps(toggle, 'z') as [Step, Step]
    expect(unheard).toMatchObject({ changed: false, emitted: [], timers: [] })
    expect(unheard.context).toBe(first.context)
  })

  test('a context that is passed in stays as it was, and keeps the order of its fields', () => {
    const compiled = compile(words.createMachine({ ...toggle, context: { trace: [] } } as Config))
    const context = Object.freeze({ z: 1, trace: [], a: 2 })
    const step = stepCompiled(compiled, 'on', context, { type: 'a' })
    expect(JSON.stringify(step?.context)).toBe('{"z":1,"trace":["off"],"a":2}')
  })

  test('a value that names a compound state stands for its first leaf', () => {
    const config: Omit<Config, 'context'> = {
      initial: 'x',
      states: { x: {}, y: { initial: 'z', states: { z: { on: { a: { actions: mark('z') } } } } } },
    }
    const compiled = compile(words.createMachine({ ...config, context: { trace: [] } } as Config))
    expect(stepCompiled(compiled, 'y', { trace: [] }, { type: 'a' })?.value).toEqual({ y: 'z' })
    expect(stepCompiled(compiled, 'gone', { trace: [] }, { type: 'a' })).toBeNull()
  })

  test('what a guard throws says where, in xstate’s words', () => {
    const guard = () => {
      throw new Error('no fuse')
    }
    expect(() => steps({ id: 'm', on: { a: { guard, actions: 'tell' } } }, 'a')).toThrow(
      "Unable to evaluate guard in transition for event 'a' in state node 'm':\nno fuse",
    )
  })
})
