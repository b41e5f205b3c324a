import { describe, expect, it } from 'vitest'
import { compareSides, type DeviceImpact } from '../../processors/impact-compare.ts'
import { EVERYTHING } from '../../processors/replay-source.ts'
import type { ThingFacts } from '../../processors/replay-things.ts'

type Said = Partial<ThingFacts> & { id: string; span: [number, number | null] }

function device(said: Said[]) {
  const things = new Map(
    said.map(({ id, span: [started_at, ended_at], ...more }): [string, ThingFacts] => [
      id,
      {
        kind: 'session',
        started_at,
        ended_at,
        energy_kwh: 1,
        location: null,
        charging_s: 10,
        variety: null,
        rest: 7,
        ...more,
      },
    ]),
  )
  return { device_id: 'dev-1', records: 5, refused: 0, things }
}

function compare(before: Said[], after: Said[], range = {}): DeviceImpact {
  return compareSides({ before: device(before), after: device(after) }, { ...EVERYTHING, ...range })
}

function found(before: Said[], after: Said[], range = {}) {
  return compare(before, after, range).differences.map(({ what, before, after, fields }) => ({
    what,
    was: before.map(({ id }) => id),
    is: after.map(({ id }) => id),
    ...(fields && { fields }),
  }))
}

describe('things of two revisions', () => {
  it('that are alike are counted and not told', () => {
    const both: Said[] = [{ id: 'a', span: [0, 10] }]
    const impact = compare(both, both)
    expect(impact).toMatchObject({ same: 1, differences: [] })
    expect(impact.before).toEqual(impact.after)
    expect(impact.after).toEqual({
      sessions: 1,
      cycles: 0,
      alarms: 0,
      energy_kwh: 1,
      charging_s: 10,
      cycle_s: 0,
    })
  })

  it('appear where nothing was, and vanish where nothing is', () => {
    expect(found([], [{ id: 'a', span: [0, 10] }])).toEqual([{ what: 'appear', was: [], is: ['a'] }])
    expect(found([{ id: 'a', span: [0, 10] }], [])).toEqual([{ what: 'vanish', was: ['a'], is: [] }])
    expect(found([{ id: 'a', span: [0, 10] }], [{ id: 'b', span: [10, 20] }])).toEqual([
      { what: 'vanish', was: ['a'], is: [] },
      { what: 'appear', was: [], is: ['b'] },
    ])
  })

  it('split where one becomes some, and merge the other way round', () => {
    const one: Said[] = [{ id: 'a', span: [0, 20] }]
    const two: Said[] = [
      { id: 'a', span: [0, 9] },
      { id: 'b', span: [11, 20] },
    ]
    expect(found(one, two)).toEqual([{ what: 'split', was: ['a'], is: ['a', 'b'] }])
    expect(found(two, one)).toEqual([{ what: 'merge', was: ['a', 'b'], is: ['a'] }])
  })

  it('are cut otherwise where some become some others', () => {
    const was: Said[] = [
      { id: 'a', span: [0, 10] },
      { id: 'b', span: [12, 30] },
    ]
    const is: Said[] = [
      { id: 'a', span: [0, 15] },
      { id: 'c', span: [16, 30] },
    ]
    expect(found(was, is)).toEqual([{ what: 'recut', was: ['a', 'b'], is: ['a', 'c'] }])
  })

  it('change by name: when, how much, where, and what else they say', () => {
    const was: Said[] = [{ id: 'a', span: [0, 10] }]
    const fields = (...is: Said[]) => found(was, is)[0]?.fields
    expect(fields({ id: 'a', span: [0, 12] })).toEqual(['ended_at'])
    expect(fields({ id: 'a', span: [0, 10], energy_kwh: 2, rest: 8 })).toEqual(['energy_kwh'])
    expect(fields({ id: 'a', span: [0, 10], charging_s: 9 })).toEqual(['charging_s'])
    expect(fields({ id: 'a', span: [0, 10], rest: 8 })).toEqual(['details'])
    expect(fields({ id: 'b', span: [1, 10] })).toEqual(['id', 'started_at'])
  })

  it('of another kind, mode or time have nothing to do with each other', () => {
    const cycle = (id: string, variety: string, span: [number, number]): Said => ({
      id,
      span,
      kind: 'cycle',
      variety,
    })
    expect(found([cycle('a', 'heating', [0, 10])], [cycle('b', 'cooling', [0, 10])])).toHaveLength(2)
    expect(found([cycle('a', 'heating', [0, 10])], [cycle('b', 'heating', [5, 9])])).toMatchObject([
      { what: 'change' },
    ])
    expect(found([{ id: 'a', span: [0, 10] }], [cycle('b', 'heating', [0, 10])])).toHaveLength(2)
  })

  it('that go on reach to the end', () => {
    expect(
      found(
        [{ id: 'a', span: [0, null] }],
        [
          { id: 'a', span: [0, 9] },
          { id: 'b', span: [500, 600] },
        ],
      ),
    ).toEqual([{ what: 'split', was: ['a'], is: ['a', 'b'] }])
  })

  it('outside of the range are left out, whole', () => {
    const was: Said[] = [{ id: 'a', span: [0, 20] }]
    const is: Said[] = [
      { id: 'a', span: [0, 9] },
      { id: 'b', span: [11, 20] },
    ]
    expect(found(was, is, { from: 1, to: 11 })).toEqual([])
    const impact = compare(was, is, { from: 10, to: 12 })
    expect(impact.differences).toHaveLength(1)
    expect([impact.before.sessions, impact.after.sessions]).toEqual([1, 2])
  })

  it('are compared by what a revision tells: charging time is unknown where one does not', () => {
    const old = { id: 'a', span: [0, 10], charging_s: undefined, variety: undefined } as unknown as Said
    const impact = compare([old], [{ id: 'a', span: [0, 10] }])
    expect(impact.differences).toEqual([])
    expect(impact.before.charging_s).toBe(null)
    expect(impact.after.charging_s).toBe(10)
  })

  it('energy is of what is over, and no alarm has any', () => {
    const impact = compare(
      [],
      [
        { id: 'a', span: [0, null], energy_kwh: null, charging_s: null },
        { id: 'b', span: [0, 3_600_000], kind: 'cycle', energy_kwh: 3 },
        { id: 'c', span: [0, 10], kind: 'alarm', energy_kwh: 9 },
      ],
    )
    expect(impact.after).toEqual({
      sessions: 1,
      cycles: 1,
      alarms: 1,
      energy_kwh: 3,
      charging_s: 0,
      cycle_s: 3600,
    })
  })
})
