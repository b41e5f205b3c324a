import { describe, expect, test } from 'vitest'
import { assign, emit, setup } from 'xstate'
import { advance, advanceTime, fold, newChartState } from '../../statecharts/advance.ts'
import type { Chart, ChartEvent } from '../../statecharts/chart.ts'
import { evseSession } from '../../statecharts/evse-session.ts'
import { evseEventAt, MINUTE, T0 } from './charger.ts'

/** A lamp that goes out by itself: warm after 5 s, off after 20 s, unless it is touched. */
function lamp(options: { endless?: boolean } = {}): Chart {
  const machine = setup({
    types: {} as { context: { touched: number[] }; events: ChartEvent },
    actions: {
      remember: assign(({ context, event }) => ({ touched: [...context.touched, event.at] })),
      tell: emit(({ event }, params: { what: string }) => ({ type: params.what, seen: event.at })),
    },
    delays: { warm: 5_000, off: ({ context }) => (context.touched.length > 2 ? 40_000 : 20_000), soon: 1 },
  }).createMachine({
    id: 'lamp',
    context: { touched: [] },
    initial: 'dark',
    states: {
      dark: { on: { touch: { target: 'lit', actions: 'remember' } } },
      lit: {
        initial: 'cold',
        on: { touch: { target: '.cold', actions: 'remember' } },
        after: { off: { target: 'dark', actions: { type: 'tell', params: { what: 'went_dark' } } } },
        states: {
          cold: { after: { warm: { target: 'hot', actions: { type: 'tell', params: { what: 'warmed' } } } } },
          hot: options.endless ? { after: { soon: { target: 'hot', reenter: true } } } : {},
        },
      },
    },
  })
  return { id: 'lamp', version: 3, machine, quiescent: ['dark'] }
}

const touch = (at: number): ChartEvent => ({ type: 'touch', at })

describe('timers run in event time', () => {
  test('every timer due by an event fires before it, at its own due time, once, in order', () => {
    const { decided, state, timers } = fold(lamp(), null, [touch(1_000), touch(100_000)])
    expect(decided).toEqual([
      { type: 'warmed', at: 6_000, timer: 'warm.lamp.lit.cold', data: { seen: 6_000 } },
      { type: 'went_dark', at: 21_000, timer: 'off.lamp.lit', data: { seen: 21_000 } },
    ])
    expect(state.value).toEqual({ lit: 'cold' })
    expect(timers).toEqual({ 'warm.lamp.lit.cold': 105_000, 'off.lamp.lit': 120_000 })
  })

  test('a timer due in the millisecond of an event fires first', () => {
    expect(fold(lamp(), null, [touch(0), touch(20_000)]).decided.at(-1)).toMatchObject({ type: 'went_dark' })
  })

  test('leaving the state takes its timer away, entering sets it anew', () => {
    const { decided, timers } = fold(lamp(), null, [touch(0), touch(3_000), touch(6_000)])
    expect(decided).toEqual([])
    expect(timers['warm.lamp.lit.cold']).toBe(11_000)
  })

  test('the parent’s timer is not touched by what happens inside', () => {
    expect(fold(lamp(), null, [touch(0), touch(3_000)]).timers['off.lamp.lit']).toBe(20_000)
  })

  test('a delay is computed from the context in which it is set', () => {
    const lit = fold(lamp(), null, [touch(0), touch(1), touch(2)], 20_000)
    expect(fold(lamp(), lit.state, [touch(30_000)]).timers['off.lamp.lit']).toBe(70_000)
  })

  test('time alone fires what is due and nothing else', () => {
    const { state } = advance(lamp(), null, touch(0))
    expect(advanceTime(lamp(), state, 4_999)).toMatchObject({ decided: [], fired: null })
    expect(advanceTime(lamp(), state, 5_000)).toMatchObject({
      fired: { name: 'warm.lamp.lit.cold', due_at: 5_000 },
      timers: { 'off.lamp.lit': 20_000 },
    })
  })

  test('timers that set each other for ever are our bug, and loud', () => {
    const { state } = fold(lamp({ endless: true }), null, [touch(0)], 6_000)
    expect(() =>
      advanceTime(lamp({ endless: true }), { ...state, timers: { 'soon.lamp.lit.hot': 5_001 } }, 9_000_000),
    ).toThrow(/fires without end/)
  })
})

describe('advance is pure', () => {
  test('the state that is passed in stays as it was', () => {
    const { state } = advance(lamp(), null, touch(0))
    const before = structuredClone(state)
    advance(lamp(), state, touch(50_000))
    expect(state).toEqual(before)
  })

  test('a state that went through JSON goes on the same', () => {
    const events = [evseEventAt(0, 'B', { kwh: 0, id: 'x' }), evseEventAt(5, 'C', { kwh: 0, amps: 16 })]
    const rest = [evseEventAt(60, 'C', { kwh: 3 }), evseEventAt(61, 'A', { kwh: 3.1 })]
    const whole = fold(evseSession, null, [...events, ...rest], T0 + 99 * MINUTE)
    const half = fold(evseSession, null, events)
    const restored = fold(evseSession, JSON.parse(JSON.stringify(half.state)), rest, T0 + 99 * MINUTE)
    expect(restored.state).toEqual(whole.state)
    expect([...half.decided, ...restored.decided]).toEqual(whole.decided)
  })

  test('since is when the state was entered, and re-entering it is not leaving it', () => {
    const { state } = fold(lamp(), null, [touch(1_000), touch(3_000)])
    expect(state.since).toBe(1_000)
    expect(fold(lamp(), state, [touch(9_500)]).state.since).toBe(9_500)
    expect(advanceTime(lamp(), state, 8_500).state.since).toBe(8_000)
  })

  test('an event that nothing handles returns the same state', () => {
    const state = newChartState(lamp())
    expect(advance(lamp(), state, { type: 'unheard_of', at: 5 }).state).toBe(state)
  })

  test('state carries the chart and version that made it', () => {
    expect(advance(lamp(), null, touch(0)).state).toMatchObject({ chart: 'lamp', version: 3 })
  })

  test('what a guard or an action throws is thrown', () => {
    const { state } = advance(evseSession, null, evseEventAt(0, 'B'))
    const broken = { ...state, context: { ...state.context, session: null } }
    expect(() => advance(evseSession, broken, evseEventAt(1, 'C'))).toThrow(/remembers none/)
  })
})
