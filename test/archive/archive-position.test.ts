/** A place in the log is kept in three columns: nothing of it is lost, and in their order it is the log's. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Duck, openDuck, sqlText } from '../../adapters/duckdb-open.ts'
import { PLACE, placed } from '../../adapters/duckdb-places.ts'
import { comparePlaces, joinPosition, type LogPlace, splitPosition } from '../../events/archive-position.ts'
import '../steady-seed.ts'
import { splitBefore } from './older-files.ts'

const SHARD = '.shardId-000000000006'
/** Two of a shard that the Lambda guide shows, and one of an older kind. */
const SHOWN = [
  '49590338271490256608559692538361571095921575989136588898',
  '49590338271490256608559692540925702759324208523137515618',
  '49545115243490985018280067714973144582180062593244200961',
]

/** Of a shard: when it began, its number and the version. */
type Shard = { began: bigint; constant: bigint }
const bits = (n: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(n) - 1n })
const shards = fc.record({
  began: bits(41).map((low) => 2n ** 41n + low),
  constant: bits(32).map((number) => number * 16n + 2n),
})
const sequence = ({ began, constant }: Shard, counter: bigint, clock: bigint) =>
  String((began << 144n) + (counter << 80n) + (clock << 36n) + constant) + SHARD

const digits = fc
  .integer({ min: 1, max: 75 })
  .chain((length) =>
    fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
      .map((all) => all.join('')),
  )
const suffixes = fc.constantFrom('', SHARD, '.expired', `${SHARD}.000001`)
const anySequence = fc
  .tuple(shards, fc.oneof(bits(53), bits(64)), bits(44))
  .map(([shard, counter, clock]) => sequence(shard, counter, clock))
const positions = fc.oneof(
  fc.tuple(digits, suffixes).map((both) => both.join('')),
  anySequence,
  bits(186).map((any) => String(any + 2n ** 185n) + SHARD),
)

describe('a place', () => {
  it('comes to the same position again, digit by digit, whatever the digits are', () => {
    fc.assert(
      fc.property(positions, (position) => {
        const { log_segment, log_offset, log_tick } = splitPosition(position)
        expect(joinPosition({ log_segment, log_offset, log_tick })).toBe(position)
        expect([log_offset, log_tick].every(Number.isSafeInteger)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
    for (const shown of SHOWN) expect(joinPosition(splitPosition(shown + SHARD))).toBe(shown + SHARD)
  })

  it('of the log of one machine is what it was, and has no tick', () => {
    for (const position of ['00000000000000000042', '12345678901234567890'])
      expect(splitPosition(position)).toEqual({ ...splitBefore(position), log_tick: 0 })
  })

  it('of a stream is its shard, its counter and its clock', () => {
    const [one, two] = SHOWN.map((shown) => splitPosition(shown + SHARD))
    expect(one).toEqual({
      log_segment: '49590338271490256608557595484619406792059985451995365474.shardId-000000000006',
      log_offset: 0x67648a17,
      log_tick: Date.UTC(2018, 11, 17, 22, 10, 50) / 1_000 + 1,
    })
    expect(two?.log_segment).toBe(one?.log_segment)
  })

  it.each([
    ['of an older version', SHOWN[2] as string],
    [
      'whose counter no number holds',
      sequence({ began: 2n ** 41n, constant: 2n }, 2n ** 53n, 5n).split('.')[0],
    ],
    ['that is no sequence number', '9'.repeat(55)],
    ['that is too low for one', '1'.padStart(56, '0')],
  ])('%s is cut in two as ever', (_, position = '') => {
    expect(splitPosition(position + SHARD)).toEqual({ ...splitBefore(position + SHARD), log_tick: 0 })
  })
})

describe('places of one shard', () => {
  const sign = (n: number) => Math.sign(n)
  const inOrder = (a: string, b: string) =>
    expect(sign(comparePlaces(splitPosition(a), splitPosition(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)

  it('compare as their positions do, also where only the clock differs, or only the counter', () => {
    const counters = fc.oneof(bits(64), bits(8))
    const clocks = fc.oneof(bits(44), bits(3))
    fc.assert(
      fc.property(shards, counters, counters, clocks, clocks, (shard, a, b, early, late) => {
        inOrder(sequence(shard, a, early), sequence(shard, a, late))
        inOrder(sequence(shard, a, early), sequence(shard, b, early))
        inOrder(sequence(shard, a, early), sequence(shard, b, late))
      }),
      { numRuns: 1_000 },
    )
  })

  it('in SQL too', async () => {
    const duck = await openDuck()
    const shard = { began: 2n ** 41n + 5n, constant: 0x62n }
    const all = fc.sample(fc.tuple(bits(3), bits(3)), 60).map(([a, b]) => sequence(shard, a, b))
    await fill(duck, all.map(splitPosition))
    const rows = await duck.rows<LogPlace>(`SELECT ${PLACE} FROM rows ORDER BY ${PLACE}`)
    expect(rows.map(joinPosition)).toEqual(all.sort())
    expect(await duck.rows(`SELECT count(DISTINCT (${PLACE})) AS n FROM rows`)).toEqual([
      { n: new Set(all).size },
    ])
    await duck.close()
  })
})

async function fill(duck: Duck, places: readonly Partial<LogPlace>[]): Promise<void> {
  const values = places.map(
    ({ log_segment = '', log_offset, log_tick = 0 }, n) =>
      `(${n}, ${sqlText(log_segment)}, ${log_offset}, ${log_tick})`,
  )
  await duck.run('CREATE TABLE rows (nth INTEGER, log_segment VARCHAR, log_offset BIGINT, log_tick BIGINT)')
  await duck.run(`INSERT INTO rows VALUES ${values.join(', ')}`)
}

test('rows of before are read with the places that they would have now', async () => {
  const duck = await openDuck()
  // Below 15 digits a place had too many.
  const all = fc.sample(positions, 2_000).filter((position) => /^\d{15}/.test(position))
  await fill(duck, all.map(splitBefore))
  const read = await duck.rows<LogPlace>(
    `SELECT ${PLACE} FROM ${placed('SELECT * EXCLUDE (log_tick) FROM rows')} ORDER BY nth`,
  )
  const now = all.map(splitPosition)
  expect(now.filter(({ log_tick }) => log_tick > 0).length).toBeGreaterThan(100)
  expect(read).toEqual(now)
  await duck.close()
})
