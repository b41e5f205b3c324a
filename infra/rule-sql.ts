/**
 * The SQL of the IoT rules: it passes every message on as it came, with a verdict, and filters nothing.
 *
 * Documented (AWS IoT developer guide, "SQL reference", version 2016-03-23):
 * - `encode(*, 'base64')` takes the whole payload, JSON or not; `decode(…, 'base64')` gives the object of a JSON text, else
 *   the text, and Null where it cannot. Both together are the guide's own way to read a payload that may not be JSON
 *   (WHERE clause, "non-JSON payload"), so no field is ever named but through them.
 * - `get(value, key)` is Undefined for whatever has no such key, strings, numbers, Null and Undefined included.
 * - `nanvl(a, b)` is b where a is Undefined or Null, else a.
 * - `=` between two types is false; with Undefined it is Undefined. A CASE of Undefined is Undefined, whatever its ELSE
 *   says, so every CASE here is over something that is always there.
 * - `-` takes strings that are numbers for numbers, so `x - 0 = x` tells a number from the text of one.
 * - `startswith` compares a value's JSON text where it is no string; an object's begins with a brace.
 * - `topic()` and `topic(n)` leave out `$aws/rules/RULE`, so a rule reads a Basic Ingest message as it reads another.
 *
 * Assumed, because the guide does not say:
 * - A CASE may stand wherever an expression may, and two Booleans are compared as other values of one type are.
 * - `decode` gives Null or some text for bytes that are not UTF-8: both come to the same verdict, and a test holds that.
 * - With Basic Ingest the topic that follows `$aws/rules/RULE` need not match FROM: nothing here leans on that it does.
 * Where a condition comes to nothing after all the verdict is `undecided`, and the message still passes.
 *
 * Not looked into: what a radio's wrapper holds, which is base64 and sometimes of hex; a wrapper is an object like another.
 */
import { PILOT_STATES } from '../events/event.ts'
import { MAX_DUTY, MIN_DUTY } from '../events/evse-fields.ts'
import { EvseData } from '../events/schemas.ts'
import { RETENTION_S } from '../processors/event-rows.ts'

/** What a rule may think of a message, in the order in which it looks. The processor decides. */
export const VERDICTS = [
  'not_an_object',
  'pilot_state_unknown',
  'pwm_duty_cycle_not_a_number',
  'pwm_duty_cycle_impossible',
  'pwm_duty_cycle_out_of_range',
  'ok',
  'undecided',
] as const
export type Verdict = (typeof VERDICTS)[number]

/** What stands in a SELECT beside the payload's own bytes; `evse` asks for the verdict on a charger's readings. */
export type RuleKind = 'evse' | 'any'

const PAYLOAD = "encode(*, 'base64')"
const MESSAGE = `decode(${PAYLOAD}, 'base64')`

/** The record of the stream, one JSON object a message. `topic_filter` is one of TOPIC_FILTERS. */
export function ruleSql(topic_filter: string, kind: RuleKind): string {
  const items = [
    `${PAYLOAD} AS payload_base64`,
    'topic() AS topic',
    "'mqtt' AS source",
    'timestamp() AS received_at',
    // May be a second later than received_at's: the rows' own is counted from that.
    `floor(timestamp() / 1000) + ${RETENTION_S} AS ttl`,
    `nanvl(${verdict(kind)}, ${word('undecided')}) AS verdict`,
  ]
  return `SELECT\n  ${items.join(',\n  ')}\nFROM '${topic_filter}'`
}

/** A field of the message, or of an object in it; Undefined where there is none. */
export function field(...path: string[]): string {
  return path.reduce((of, key) => `get(${of}, '${key}')`, MESSAGE)
}

/** A ladder of CASEs: the first condition that is false gives the verdict. */
function verdict(kind: RuleKind): string {
  const rungs = [isObject(), ...(kind === 'evse' ? evseRungs() : [])]
  const cases = rungs.map(({ holds, or }) => `\n    CASE (${holds}) WHEN false THEN ${word(or)} ELSE`)
  return `${cases.join('')}\n    ${word('ok')}${' END'.repeat(rungs.length)}`
}

type Rung = { holds: string; or: Verdict }

function isObject(): Rung {
  const holds = `nanvl(startswith(${MESSAGE}, '{'), false) AND isUndefined(get(${MESSAGE}, 0))`
  return { holds, or: 'not_an_object' }
}

function evseRungs(): Rung[] {
  // What is absent, or null, is no fault: it stands for a value that is in order.
  const pilot = `nanvl(${reading('pilot_state')}, '${PILOT_STATES[0]}')`
  const duty = `nanvl(${reading('pwm_duty_cycle')}, ${MIN_DUTY})`
  const { minimum, maximum } = percentRange()
  const known = PILOT_STATES.map((state) => `WHEN '${state}' THEN true`).join(' ')
  const offering = `${pilot} = 'C' OR ${pilot} = 'D'`
  const outside = `${duty} < ${MIN_DUTY} OR ${duty} > ${MAX_DUTY}`
  return [
    { holds: `CASE ${pilot} ${known} ELSE false END`, or: 'pilot_state_unknown' },
    { holds: `nanvl(${duty} - 0 = ${duty}, false)`, or: 'pwm_duty_cycle_not_a_number' },
    { holds: `${duty} >= ${minimum} AND ${duty} <= ${maximum}`, or: 'pwm_duty_cycle_impossible' },
    { holds: `NOT ((${offering}) AND (${outside}))`, or: 'pwm_duty_cycle_out_of_range' },
  ]
}

/** A charger's reading in either of the spellings that carry it: nested, else flat. */
function reading(name: string): string {
  return `nanvl(${field('data', 'evse', name)}, ${field(name)})`
}

/** What the parser lets a duty cycle be. */
function percentRange(): { minimum: number; maximum: number } {
  const schema = EvseData.properties.pwm_duty_cycle as { anyOf?: { minimum?: number; maximum?: number }[] }
  const number = schema.anyOf?.find((option) => option.minimum !== undefined)
  if (number?.minimum === undefined || number.maximum === undefined)
    throw new Error('the schema of pwm_duty_cycle says no range')
  return { minimum: number.minimum, maximum: number.maximum }
}

function word(verdict: Verdict): string {
  return `'${verdict}'`
}
