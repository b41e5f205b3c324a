/** Two charts compared: as data, and drawn side by side. */
import { describe, expect, test } from 'vitest'
import { type AnyStateMachine, assign, emit, setup } from 'xstate'
import { shippedCharts } from '../../statecharts/device-charts.ts'
import { type ChartDiff, diffCharts, isSame } from '../../visualizer/chart-diff.ts'
import { diffSvgs, marksOf } from '../../visualizer/diff-picture.ts'
import { readChart } from '../../visualizer/read-machine.ts'

type Variant = {
  limit?: (n: number) => boolean
  a?: object
  more?: object
  b?: object
  wait_ms?: number
  context?: object
}

const above = (n: number) => n > 1

function graphOf({ limit, a = {}, more = {}, b = {}, wait_ms = 5, context = {} }: Variant = {}, version = 1) {
  const words = setup({
    types: {} as { context: { n: number }; events: { type: 'go' | 'stop' | 'off' } },
    guards: {
      high:
        limit === undefined ? ({ context }) => above(context.n) : ({ context }) => limit(context.n) === true,
      low: ({ context }) => context.n === 0,
    },
    actions: { count: assign({ n: ({ context }) => context.n + 1 }), tell: emit({ type: 'told' }) },
    delays: { wait: wait_ms },
  })
  const config = {
    context: { n: 0, ...context },
    initial: 'a',
    states: {
      a: {
        on: { go: [{ guard: 'high', target: 'b', actions: 'tell' }, { actions: 'count' }], off: 'b', ...a },
      },
      b: { on: { stop: 'a' }, after: { wait: 'a' }, ...b },
      ...more,
    },
  }
  const machine = words.createMachine(config as Parameters<typeof words.createMachine>[0]) as AnyStateMachine
  return readChart({ id: 'chart', version, machine, quiescent: ['a'] })
}

const diffOf = (variant: Variant) => diffCharts(graphOf(), graphOf(variant, 2))
const told = (all: ChartDiff['edges']) =>
  all.map(({ mark, before, after, fields }) => [mark, before, after, fields.map(({ field }) => field)])

describe('the difference of two charts', () => {
  test.each(shippedCharts().map((chart) => [chart.id, chart] as const))('%s and itself: none', (_, chart) => {
    expect(isSame(diffCharts(readChart(chart), readChart(chart)))).toBe(true)
  })

  test('a version alone is none, and is said', () => {
    const diff = diffOf({})
    expect(isSame(diff)).toBe(true)
    expect(diff).toMatchObject({ before: { version: 1 }, after: { version: 2 } })
  })

  test('states and their edges that are added are said, and the other way round as removed', () => {
    const more = { c: { on: { stop: 'a' } } }
    const diff = diffOf({ more, a: { off: 'c' } })
    expect(told(diff.states)).toEqual([['added', null, 'c', []]])
    expect(told(diff.edges)).toEqual([
      ['changed', 'a / off', 'a / off', ['target']],
      ['added', null, 'c / stop', []],
    ])
    const back = diffCharts(graphOf({ more, a: { off: 'c' } }), graphOf())
    expect(told(back.states)).toEqual([['removed', 'c', null, []]])
    expect(told(back.edges)).toContainEqual(['removed', 'c / stop', null, []])
  })

  test('an edge put before others makes none of them different', () => {
    const go = [
      { guard: 'low', target: 'b' },
      { guard: 'high', target: 'b', actions: 'tell' },
      { actions: 'count' },
    ]
    const diff = diffOf({ a: { go } })
    expect(told(diff.edges)).toEqual([['added', null, 'a / go / 1', []]])
    expect(told(diff.states)).toEqual([])
  })

  test('edges asked in another order are changed', () => {
    const go = [{ guard: 'high', target: 'b', actions: 'tell' }, { guard: 'low' }, { actions: 'count' }]
    const swapped = [go[1], go[0], go[2]]
    const diff = diffCharts(graphOf({ a: { go } }), graphOf({ a: { go: swapped } }))
    expect(told(diff.edges)).toEqual([
      ['changed', 'a / go / 2', 'a / go / 1', ['asked']],
      ['changed', 'a / go / 1', 'a / go / 2', ['asked']],
    ])
  })

  test("a guard's and a delay's own code counts, at the edges that use them", () => {
    const guards = diffOf({ limit: (n) => n > 2 })
    expect(told(guards.guards)).toEqual([['changed', 'high', 'high', ['code']]])
    expect(told(guards.edges)).toEqual([['changed', 'a / go / 1', 'a / go / 1', ['guard_code']]])
    const delays = diffOf({ wait_ms: 6 })
    expect(told(delays.delays)).toEqual([['changed', 'wait', 'wait', expect.arrayContaining(['value_ms'])]])
    expect(told(delays.edges)).toEqual([['changed', 'b / after wait', 'b / after wait', ['delay_code']]])
  })

  test('actions on edges, on entry and on exit, the state entered first, and the context', () => {
    const diff = diffOf({
      a: { off: { target: 'b', actions: 'count' } },
      b: { entry: 'count' },
      context: { m: 1 },
    })
    expect(told(diff.edges)).toEqual([['changed', 'a / off', 'a / off', ['actions', 'actions_code']]])
    expect(told(diff.states)).toEqual([['changed', 'b', 'b', ['entry', 'entry_code']]])
    expect(diff.context).toMatchObject([{ mark: 'added', after: 'm' }])
  })
})

describe('the drawings', () => {
  const variant: Variant = { more: { c: { on: { stop: 'a' } } }, a: { off: 'c' }, b: { entry: 'count' } }
  const before = graphOf()
  const after = graphOf(variant, 2)
  const diff = diffCharts(before, after)

  test('mark on each side what that side has', () => {
    expect([...marksOf(diff, 'before')]).toEqual([
      ['b', 'changed'],
      ['a / off', 'changed'],
    ])
    expect([...marksOf(diff, 'after').keys()].sort()).toEqual(['a / off', 'b', 'c', 'c / stop'])
  })

  test('have what is the same at the same place, and what one has not is not there', async () => {
    const svgs = await diffSvgs(before, after, diff)
    const frameOf = (svg: string, path: string) =>
      svg.match(new RegExp(`data-state="${path}">\\s*<rect[^>]*`))?.[0]
    expect(frameOf(svgs.before, 'a')).toBe(frameOf(svgs.after, 'a'))
    expect(frameOf(svgs.before, 'a')).toBeDefined()
    expect(svgs.before).not.toContain('data-state="c"')
    expect(svgs.after).toContain('class="state added" data-state="c"')
    expect(svgs.before).toContain('class="state changed" data-state="b"')
    expect(svgs.before).not.toContain('entry')
    expect(svgs.after).toContain('entry')
    for (const svg of Object.values(svgs)) expect(svg).toContain('class="row changed" data-edges="a / off"')
    expect(await diffSvgs(before, after, diff)).toEqual(svgs)
  })

  test('an edge that differs is not drawn as one with those that do not', async () => {
    const stops = graphOf({ b: { on: { stop: 'a', off: 'a' } } })
    const { before: old, after: now } = await diffSvgs(before, stops, diffCharts(before, stops))
    expect(now).toContain('class="row added" data-edges="b / off"')
    expect(now).toContain('class="row" data-edges="b / stop"')
    expect(old).not.toContain('b / off')
  })

  test('charts that begin elsewhere are drawn each by itself', async () => {
    const other = { ...after, states: after.states.map((one) => (one.path ? one : { ...one, initial: 'b' })) }
    const svgs = await diffSvgs(before, other, diffCharts(before, other))
    expect(svgs.after).toContain('data-state="c"')
    expect(svgs.before).not.toContain('data-state="c"')
  })
})
