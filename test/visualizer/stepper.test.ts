/** Stepping a chart by hand: what each move led to, back again, from a file, and by a link. */
import { describe, expect, test } from 'vitest'
import { fold } from '../../statecharts/advance.ts'
import { type ChartEvent, statePath } from '../../statecharts/chart.ts'
import { type ChartInstance, chartsOf, shippedCharts } from '../../statecharts/device-charts.ts'
import { evseSession } from '../../statecharts/evse-session.ts'
import { eventAt, eventsToTry } from '../../visualizer/chart-events.ts'
import { linkOf, openLink } from '../../visualizer/position-link.ts'
import { readChart } from '../../visualizer/read-machine.ts'
import { readRecorded } from '../../visualizer/recorded.ts'
import { goTo, move, newStepper, type Stepper, standingOf, stepsOf } from '../../visualizer/stepper.ts'

const T0 = Date.UTC(2026, 10, 2, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const evse = chartsOf('evse')[0] as ChartInstance
const events = eventsToTry(readChart(evseSession))

function pilot(minute: number, state: string): { event: ChartEvent } {
  const facts = events.find(({ name }) => name === `pilot.${state}`)?.facts ?? {}
  return { event: eventAt(`pilot.${state}`, T0 + minute * MINUTE, facts, `${minute} ${state}`) }
}

const pathOf = (stepper: Stepper) => statePath(standingOf(stepper).state.value)

describe('a stepped chart', () => {
  const begun = newStepper(evseSession, { now: T0 })

  test('is where the same events fold to, timers between them included', () => {
    const moves = [pilot(0, 'B'), pilot(1, 'C'), pilot(90, 'C'), pilot(95, 'A')]
    const stepper = move(begun, ...moves)
    const folded = fold(
      evseSession,
      null,
      moves.map(({ event }) => event),
      undefined,
      () => ({ config: moves[0]?.event.config }),
    )
    expect(standingOf(stepper).state).toEqual(folded.state)
    expect(stepsOf(stepper).flatMap(({ decided }) => decided)).toEqual(folded.decided)
    const said = stepsOf(stepper).map(({ what }) => what.kind)
    expect(said).toEqual(['event', 'event', 'timer', 'event', 'event'])
  })

  test('says which edges were taken, and none where nothing hears', () => {
    const stepper = move(begun, pilot(0, 'B'), { event: { type: 'nobody', at: T0 } })
    const steps = stepsOf(stepper)
    expect(steps.map(({ edges }) => edges)).toEqual([['unplugged / pilot.B'], []])
  })

  test('goes back and forth, and a new move takes the place of what was undone', () => {
    const stepper = move(begun, pilot(0, 'B'), pilot(1, 'C'), pilot(2, 'A'))
    expect([3, 2, 1, 0].map((at) => pathOf(goTo(stepper, at)))).toEqual([
      'unplugged',
      'session.charging',
      'session.connected',
      'unplugged',
    ])
    expect(pathOf(goTo(goTo(stepper, 0), 9))).toBe('unplugged')
    const other = move(goTo(stepper, 1), { until: T0 + HOUR })
    expect(pathOf(other)).toBe('silent')
    expect(other.moves).toHaveLength(2)
  })

  test('stays where it is when a guard or an action throws, and says why', () => {
    const stepper = move(begun, { event: { type: 'pilot.B', at: T0 } })
    expect(standingOf(stepper)).toMatchObject({ refused: expect.stringMatching(/undefined/), steps: [] })
    expect(pathOf(stepper)).toBe('unplugged')
  })

  test('time alone is a step too', () => {
    const stepper = move(begun, { until: T0 + MINUTE })
    expect(stepsOf(stepper)).toMatchObject([{ what: { kind: 'time' }, at: T0 + MINUTE }])
    expect(standingOf(stepper).now).toBe(T0 + MINUTE)
  })
})

test.each(shippedCharts().map((chart) => [chart.id, chart] as const))(
  '%s: every event that it hears can be tried, with facts that it can use',
  (_, chart) => {
    const graph = readChart(chart)
    const tried = eventsToTry(graph)
    for (const { trigger } of graph.edges) {
      if (trigger.kind !== 'event') continue
      const of = (name: string) =>
        name === trigger.event || (trigger.event.endsWith('*') && name.startsWith(trigger.event.slice(0, -1)))
      expect(tried.map(({ name }) => name).filter(of)).not.toEqual([])
    }
    for (const { name, facts } of tried) {
      const { refused } = standingOf(
        move(newStepper(chart, { now: T0 }), { event: eventAt(name, T0, facts, '') }),
      )
      expect(refused).toBeNull()
    }
  },
)

describe('recorded events', () => {
  const row = (n: number, pilot_state: string, more: object = {}) => ({
    key: `k${n}`,
    event_time: T0 + n * MINUTE,
    device_id: 'bay-1',
    device_type: 'evse',
    origin: 'device',
    event_type: 'state_change',
    identity: `i${n}`,
    body: { pilot_state },
    ...more,
  })
  const rows = [
    row(2, 'A'),
    row(0, 'B'),
    row(1, 'C'),
    row(1, 'A', { retracted: true }),
    row(0, '', { origin: 'chart', event_type: 'session_start' }),
  ]
  const read = (text: string) => readRecorded(text, evse, 'evse')

  test('are read alike from an answer of the API, a list, and lines, in their order', () => {
    const texts = [{ items: rows, next_cursor: null }, rows].map((value) => JSON.stringify(value))
    const all = [...texts, rows.map((one) => JSON.stringify(one)).join('\n')].map(read)
    expect(all[1]).toEqual(all[0])
    expect(all[2]).toEqual(all[0])
    expect(all[0]).toMatchObject({
      device_id: 'bay-1',
      moves: [{ event: { type: 'pilot.B' } }, { event: { type: 'pilot.C' } }, { event: { type: 'pilot.A' } }],
    })
  })

  test('are heard with the configuration of their time', () => {
    const config = { effective_from: T0 + MINUTE, written_at: 0, config: { report_interval_s: 60 } }
    const told = read(JSON.stringify([...rows, row(1, '', { key: 'k', origin: 'config', body: config })]))
    if ('flaw' in told) throw new Error(told.flaw)
    const configs = told.moves.map((one) => 'event' in one && one.event.config)
    expect(configs).toEqual([{}, config.config, config.config])
    const stepper = move(
      newStepper(evseSession, { now: T0, configs: told.configs }),
      ...told.moves.slice(0, 2),
    )
    expect(pathOf(move(stepper, { until: T0 + HOUR }))).toBe('silent')
  })

  test('what the chart does not hear lets time pass', () => {
    const [, cooling] = chartsOf('thermostat')
    const heat = row(0, '', { device_type: 'thermostat', body: { heating_call: true } })
    expect(readRecorded(JSON.stringify(heat), cooling as ChartInstance, 'thermostat')).toMatchObject({
      moves: [{ until: T0 }],
    })
  })

  test.each([
    ['{"a":1}\n{"b"', 'line 2 is not JSON: {"b"'],
    ['5', 'event 1: 5 is not an object'],
    ['{"event_time":1.5}', 'event 1: event_time: 1.5 is not a whole number of ms'],
    ['{"event_time":1}', 'event 1: device_id: undefined is not text'],
    [JSON.stringify(row(0, 'B', { origin: 'x' })), 'event 1: origin: x is none of device, config, chart'],
    [JSON.stringify(row(0, 'B', { body: 'x' })), 'event 1: body: x is not an object'],
    ['[]', 'the file holds no event that a device said'],
    [JSON.stringify([row(0, 'B'), row(1, 'A', { device_id: 'b' })]), 'the file holds 2 devices, and'],
    [JSON.stringify(row(0, 'B', { device_type: 'meter' })), 'device_type: meter is not evse, whose chart'],
  ])('%s is refused in one line', (text, flaw) => {
    expect(read(text)).toEqual({ flaw: expect.stringContaining(flaw) })
  })
})

describe('a link', () => {
  const stepper = move(newStepper(evseSession, { now: T0 }), pilot(0, 'B'), pilot(1, 'C'), pilot(2, 'A'))

  test('holds the way to a position, and what was undone is not in it', () => {
    const opened = openLink(evseSession, `#${linkOf(goTo(stepper, 2), 'session')}`)
    expect(opened).toEqual({ instance: 'session', stepper: { ...goTo(stepper, 2), ...firstMoves(2) } })
  })

  const firstMoves = (n: number) => ({
    moves: stepper.moves.slice(0, n),
    standings: stepper.standings.slice(0, n),
  })

  test('of a long way holds where it led to', () => {
    const long = move(stepper, ...Array.from({ length: 200 }, (_, n) => pilot(3 + n, n % 2 ? 'A' : 'B')))
    const link = linkOf(long, 'session')
    expect(link.length).toBeLessThan(6_000)
    const opened = openLink(evseSession, link)
    if ('flaw' in opened) throw new Error(opened.flaw)
    expect(standingOf(opened.stepper).state).toEqual(standingOf(long).state)
    expect(opened.stepper.moves).toEqual([])
  })

  test('of something else is refused in one line', () => {
    const link = linkOf(stepper, 'session')
    const flaws = [
      openLink(evseSession, '#%%'),
      openLink(evseSession, `#${btoa('{}')}`),
      openLink({ ...evseSession, id: 'other' }, link),
      openLink({ ...evseSession, version: 99 }, link),
      openLink(evseSession, linkFrom({ value: 'nowhere', context: {}, timers: {} })),
      openLink(evseSession, linkFrom({ value: 'unplugged', context: {} })),
    ]
    expect(flaws).toEqual([
      { flaw: 'the link does not hold a position' },
      { flaw: 'the link does not hold a position' },
      { flaw: 'the link is of evse-session, and this is other' },
      { flaw: 'the link is of version 1, and this is version 99' },
      { flaw: 'the link holds no state of evse-session' },
      { flaw: 'the link holds no state of evse-session' },
    ])
  })

  test.each([
    ['a move that is nothing', { moves: [null] }],
    ['a move that is a number', { moves: [5] }],
    ['a move without time or event', { moves: [{}] }],
    ['an event without its time', { moves: [{ event: { type: 'pilot.B' } }] }],
    ['an event at no time', { moves: [{ event: { type: 'pilot.B', at: 1e300 } }] }],
    ['time that passes to a word', { moves: [{ until: 'x' }] }],
    ['a configuration that is nothing', { configs: [null] }],
    ['a beginning that no date has', { now: -1e20 }],
  ])('with %s is none', (_, of) => {
    const { id: chart, version } = evseSession
    const whole = { chart, version, instance: 'session', now: 0, moves: [], configs: [], ...of }
    expect(openLink(evseSession, btoa(JSON.stringify(whole)))).toEqual({
      flaw: 'the link does not hold a position',
    })
  })

  const linkFrom = (state: object) => {
    const { id: chart, version } = evseSession
    return btoa(
      JSON.stringify({ chart, version, instance: 'session', state, now: 0, moves: [], configs: [] }),
    )
  }
})
