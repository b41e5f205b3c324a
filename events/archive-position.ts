/**
 * A place in the log as columns of the archive, cut so that each of them takes little room among its neighbours: what
 * stays the same for long, what counts up, and a clock.
 */

/** Rows of one shard compare as their positions do: by segment, then offset, then tick. */
export type LogPlace = {
  /** What stays the same for long, and the shard. */
  log_segment: string
  log_offset: number
  /** Of a sequence number of a stream its clock, one higher than it is there; 0 where the place is segment and offset. */
  log_tick: number
}

const OFFSET_DIGITS = 15

/**
 * A position is digits, of one length in one log, and behind them perhaps a point and the shard. Cut in two it is the
 * last 15 digits and what stands in front of them. A sequence number of Kinesis has its counter in the middle, so that
 * both would be new with each record: it is cut by its bits, wherever that comes out even.
 */
export function splitPosition(position: string): LogPlace {
  const point = position.indexOf('.')
  const digits = point < 0 ? position : position.slice(0, point)
  const shard = point < 0 ? '' : position.slice(point)
  return (
    splitSequence(digits, shard) ?? {
      log_segment: digits.slice(0, -OFFSET_DIGITS) + shard,
      log_offset: Number(digits.slice(-OFFSET_DIGITS)),
      // Digits that are missing are counted, so that no zeros are put in their place.
      log_tick: Math.min(0, digits.length - OFFSET_DIGITS),
    }
  )
}

export function comparePlaces(a: LogPlace, b: LogPlace): number {
  if (a.log_segment !== b.log_segment) return a.log_segment < b.log_segment ? -1 : 1
  return a.log_offset - b.log_offset || a.log_tick - b.log_tick
}

/** The position that was split, digit by digit. */
export function joinPosition({ log_segment, log_offset, log_tick }: LogPlace): string {
  const point = log_segment.indexOf('.')
  const head = point < 0 ? log_segment : log_segment.slice(0, point)
  const shard = point < 0 ? '' : log_segment.slice(point)
  if (log_tick > 0) return joinSequence(BigInt(head), log_offset, log_tick) + shard
  return head + String(log_offset).padStart(OFFSET_DIGITS + log_tick, '0') + shard
}

/**
 * The bits of a sequence number of version 2, from the end: 4 of the version and 32 of the shard, both the same for all
 * of a shard; 44 of the clock; 64 of the counter; and when the shard began. Nobody promises what they mean, and nothing
 * here rests on it but how little room they take, and the order of numbers whose last 36 bits are the same.
 */
export const SEQUENCE = {
  digits: 56,
  version: 2,
  version_bits: 4,
  constant_bits: 36,
  counter_at: 80,
  head_at: 144,
  /** Lower ones are not of this kind. */
  least_bits: 186,
} as const
const LEAST = String(2n ** BigInt(SEQUENCE.least_bits - 1))
const COUNTER_AT = BigInt(SEQUENCE.counter_at)
const CLOCK_AT = BigInt(SEQUENCE.constant_bits)
/** All parts are of whole hexadecimal digits, which are quicker to cut than bits. */
const HEX_BITS = 4
const HEAD_AT_HEX = SEQUENCE.head_at / HEX_BITS
const COUNTER_AT_HEX = SEQUENCE.counter_at / HEX_BITS
const CLOCK_AT_HEX = SEQUENCE.constant_bits / HEX_BITS
const VERSION_HEX = SEQUENCE.version.toString(16)

function splitSequence(digits: string, shard: string): LogPlace | null {
  if (digits.length !== SEQUENCE.digits || digits < LEAST) return null
  const hex = BigInt(digits).toString(16)
  const log_offset = Number.parseInt(hex.slice(-HEAD_AT_HEX, -COUNTER_AT_HEX), 16)
  if (!hex.endsWith(VERSION_HEX) || log_offset > Number.MAX_SAFE_INTEGER) return null
  const clock = Number.parseInt(hex.slice(-COUNTER_AT_HEX, -CLOCK_AT_HEX), 16)
  const log_segment = segmentOf(hex.slice(0, -HEAD_AT_HEX), hex.slice(-CLOCK_AT_HEX), shard)
  return { log_segment, log_offset, log_tick: clock + 1 }
}

/** Most records are of the shard that the one before was of. */
let last = { head: '', constant: '', shard: '', segment: '' }

/** The number with nothing in its counter and clock, so that it stands where the number does among others, and the shard. */
function segmentOf(head: string, constant: string, shard: string): string {
  if (last.head !== head || last.constant !== constant || last.shard !== shard) {
    const rest = BigInt(`0x${head}${'0'.repeat(HEAD_AT_HEX - CLOCK_AT_HEX)}${constant}`)
    last = { head, constant, shard, segment: rest + shard }
  }
  return last.segment
}

/** `rest` is the number that a segment says. */
export function joinSequence(rest: bigint, log_offset: number, log_tick: number): string {
  return String(rest + (BigInt(log_offset) << COUNTER_AT) + (BigInt(log_tick - 1) << CLOCK_AT))
}
