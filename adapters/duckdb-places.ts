/** Places in the log as SQL lists, orders and reads them. */
import { SEQUENCE } from '../events/archive-position.ts'
import { type Duck, parquetFiles, sameFiles } from './duckdb-open.ts'

/** What two records are told apart by; ordered so, rows of a shard are in the order of the log. */
export const PLACE_COLUMNS: readonly string[] = ['log_segment', 'log_offset', 'log_tick']
export const PLACE = PLACE_COLUMNS.join(', ')

/** Files of which some may be older than now: columns matched by name, and each row with its place as it would be cut now. */
export function placedFiles(paths: readonly string[]): string {
  return placed(allRows(paths))
}

const allRows = (paths: readonly string[]) => `SELECT * FROM ${parquetFiles(paths)}`

/** The same of what is found in them, where a look at one column spares planning for older ones what takes milliseconds. */
export async function placedWhereOlder(
  duck: Duck,
  paths: readonly string[],
  found = allRows(paths),
): Promise<string> {
  if (paths.length === 0) return withTick(found)
  const older = await duck.rows(`SELECT 1 FROM ${withTick(allRows(paths))} WHERE log_tick IS NULL LIMIT 1`)
  return older.length > 0 ? placed(found) : withTick(found)
}

/** Files of which most often all are of one version: then each is opened once. */
export async function openedFiles(duck: Duck, paths: readonly string[]): Promise<string> {
  const same = sameFiles(paths)
  const isOne = await duck.rows(`SELECT count(log_tick) FROM ${same}`).catch(() => null)
  return isOne ? same : placedFiles(paths)
}

/**
 * Rows that a SELECT finds, of which some or all may have no `log_tick`. Before there was one every place was cut in two,
 * as the log of one machine still is; a sequence number is put together again and cut by its bits.
 */
export function placed(found: string): string {
  return `(SELECT * EXCLUDE (${BITS.flatMap((some) => Object.keys(some)).join(', ')}) REPLACE (
    CASE WHEN is_cut THEN ${REST} || substr(log_segment, ${HEAD_DIGITS + 1}) ELSE log_segment END AS log_segment,
    CASE WHEN is_cut THEN counter::BIGINT ELSE log_offset END AS log_offset,
    CASE WHEN is_cut THEN clock::BIGINT + 1 ELSE coalesce(log_tick, 0) END AS log_tick)
    FROM ${cutByBits(withTick(found))})`
}

/** Null where there is none. */
function withTick(found: string): string {
  return `(SELECT NULL::BIGINT AS log_tick WHERE false UNION ALL BY NAME ${found})`
}

/** One SELECT in the other: what is named in the same one would be worked out again wherever it is spoken of. */
function cutByBits(rows: string): string {
  return BITS.reduce((inner, some) => {
    const columns = Object.entries(some).map(([name, sql]) => `${sql} AS ${name}`)
    return `(SELECT *, ${columns.join(', ')} FROM ${inner})`
  }, rows)
}

const HEAD_DIGITS = 41
const OFFSET_DIGITS = SEQUENCE.digits - HEAD_DIGITS

/** Digits of which two numbers can be multiplied in 128 bits, with some to spare. */
const LIMB_DIGITS = 14
const limb = (nth: number) => `substr(digits, ${1 + nth * LIMB_DIGITS}, ${LIMB_DIGITS})::HUGEINT`
const LIMB = 10n ** BigInt(LIMB_DIGITS)
const UPPER = 2n ** BigInt(SEQUENCE.counter_at)
const COUNTS = 2n ** BigInt(SEQUENCE.head_at - SEQUENCE.counter_at)
const CONSTANT = 2n ** BigInt(SEQUENCE.constant_bits)

const HEAD_AT = 2n ** BigInt(SEQUENCE.head_at)

/**
 * A long division by what stands behind the counter, limb by limb; what its quotient and remainder are made of; and head
 * and constant multiplied to one number again, from its last limb to its first.
 */
const BITS: readonly Record<string, string>[] = [
  {
    digits: `CASE WHEN log_tick IS NULL AND regexp_full_match(log_segment, '\\d{${HEAD_DIGITS}}([.].*)?')
      THEN left(log_segment, ${HEAD_DIGITS}) || lpad(log_offset::VARCHAR, ${OFFSET_DIGITS}, '0') END`,
  },
  { first: `${limb(0)} * ${LIMB} + ${limb(1)}` },
  { second: `first % ${UPPER} * ${LIMB} + ${limb(2)}` },
  { third: `second % ${UPPER} * ${LIMB} + ${limb(3)}` },
  {
    upper: `(first // ${UPPER} * ${LIMB} + second // ${UPPER}) * ${LIMB} + third // ${UPPER}`,
    lower: `third % ${UPPER}`,
  },
  {
    head: `upper // ${COUNTS}`,
    counter: `upper % ${COUNTS}`,
    clock: `lower // ${CONSTANT}`,
    fourth_limb: `upper // ${COUNTS} * ${HEAD_AT % LIMB} + lower % ${CONSTANT}`,
  },
  {
    is_cut: `digits IS NOT NULL AND head >= ${2n ** BigInt(SEQUENCE.least_bits - 1 - SEQUENCE.head_at)}
      AND counter <= ${Number.MAX_SAFE_INTEGER} AND lower % ${2 ** SEQUENCE.version_bits} = ${SEQUENCE.version}`,
    third_limb: `head * ${(HEAD_AT / LIMB) % LIMB} + fourth_limb // ${LIMB}`,
  },
  { second_limb: `head * ${(HEAD_AT / LIMB ** 2n) % LIMB} + third_limb // ${LIMB}` },
  { first_limb: `head * ${HEAD_AT / LIMB ** 3n} + second_limb // ${LIMB}` },
]

const REST = ['first', 'second', 'third', 'fourth']
  .map((nth) => `lpad((${nth}_limb % ${LIMB})::VARCHAR, ${LIMB_DIGITS}, '0')`)
  .join(' || ')
