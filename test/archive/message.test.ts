/** What the values of a row say is what its bytes say: the same object, field by field, or nothing at all. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type ArchiveRow, recordOfRow } from '../../events/archive.ts'
import { PAYLOAD_NUMBERS, PAYLOAD_TEXTS } from '../../events/archive-bytes.ts'
import { messageMaker, spokenText } from '../../events/archive-message.ts'
import { MARK } from '../../events/archive-payload.ts'
import { decodeObject } from '../../events/decode.ts'
import type { LogRecord } from '../../events/record.ts'
import { newFleet, runFleet } from '../../firmware-model/fleet.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord, readRecord } from '../../processors/decode-record.ts'
import {
  FLAT_EVSE,
  FLAT_THERMOSTAT,
  GPIO,
  NESTED_GPIO,
  NESTED_LINE_CURRENT,
  wrapped,
} from '../events/messages.ts'
import { realData } from '../real-data.ts'
import { charger, everyKind, NOON, recordAt } from './archived-records.ts'
import { payloads } from './payload-texts.ts'
import '../steady-seed.ts'

const rowOf = (record: LogRecord) => archiveRow(openRecord(record), () => 'behind-wireless')

const texts = PAYLOAD_TEXTS.map((_, nth) => nth)
const numbers = PAYLOAD_NUMBERS.map((_, nth) => texts.length + nth)

/** The message as the values of the row tell it; null where they do not. */
function told(row: ArchiveRow, before = 0): Record<string, unknown> | null {
  const make = row.template === null ? null : messageMaker(row.template, { texts, numbers })
  const values = new Float64Array(before + texts.length + numbers.length)
  for (const [nth, name] of PAYLOAD_TEXTS.entries()) values[before + nth] = row[name] === null ? -1 : 0
  for (const [nth, name] of PAYLOAD_NUMBERS.entries())
    values[before + texts.length + nth] = row[name] ?? Number.NaN
  const lists = PAYLOAD_TEXTS.map((name) => [spokenText(row[name] ?? '')])
  return make?.({ values, lists }, before) ?? null
}

function decoded({ payload }: Pick<LogRecord, 'payload'>): Record<string, unknown> | null {
  const result = decodeObject(payload, 'payload')
  return 'object' in result ? result.object : null
}

/** Whether the values told it, and then nothing else than the bytes do: their order, and -0, are told too. */
function isTold(row: ArchiveRow): boolean {
  const message = told(row, 3)
  if (message === null) return false
  const expected = decoded(recordOfRow(row))
  expect(message).toStrictEqual(expected)
  expect(JSON.stringify(message)).toBe(JSON.stringify(expected))
  return true
}

const share = (rows: readonly ArchiveRow[]) => rows.filter(isTold).length / rows.length

describe('the message of a row', () => {
  it('is that of its bytes, whatever a device writes', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        isTold(rowOf(recordAt(1, NOON + 80, 'ev/evse/dev-1/telemetry', payload)))
      }),
      { numRuns: 3_000 },
    )
    const many = fc.sample(payloads, { numRuns: 500, seed: 7 })
    expect(
      share(many.map((payload) => rowOf(recordAt(1, NOON, 'ev/evse/dev-1/telemetry', payload)))),
    ).toBeGreaterThan(0.4)
  })

  it('of a fleet is told by its values', () => {
    const fleet = newFleet({ seed: 5, chargers: 8, thermostats: 4, start_at: NOON, pace: 'brisk' })
    const { events } = runFleet(fleet, NOON + 4 * 3_600_000)
    const rows = events.map(({ at, topic, payload }, n) => rowOf(recordAt(n, at, topic, payload)))
    expect(rows.length).toBeGreaterThan(100)
    expect(share(rows)).toBe(1)
  })

  it('of every spelling is told by its values, behind a wireless id too', () => {
    const all = [FLAT_EVSE, FLAT_THERMOSTAT, GPIO, NESTED_GPIO, NESTED_LINE_CURRENT, wrapped(FLAT_EVSE)]
    const rows = all.map((message) => rowOf(recordAt(1, NOON, 'sidewalk/dev/up', JSON.stringify(message))))
    expect(share(rows)).toBe(1)
    expect(share(everyKind().map(rowOf))).toBeLessThan(1)
  })

  it('is read as the record is', () => {
    const record = charger(1, NOON, { current_draw: -3, pwm_duty_cycle: 99, pilot_state: 'C', soc: 71.5 })
    const row = rowOf(record)
    const read = (one: LogRecord) => ({ ...readRecord(openRecord(one), () => null), record: null })
    let asked = 0
    const message = () => {
      asked++
      return told(row)
    }
    const bytes = { payload: new Uint8Array(0), payload_bytes: 0, held_bytes: 0 }
    const toldRecord = { ...record, ...bytes, message, print: () => 0 }
    expect(read(toldRecord)).toEqual(read(record))
    expect(asked).toBe(1)
    expect(read({ ...record, message: () => null } as LogRecord)).toEqual(read(record))
  })
})

const traces = realData('firmware-traces.ndjson.gz')

describe.skipIf(traces === null)('the message of what the reference firmware sent', () => {
  it('is told by its values', () => {
    const lines = gunzipSync(readFileSync(traces as string))
      .toString('utf8')
      .trim()
      .split('\n')
    const sent = lines.flatMap((line) =>
      (JSON.parse(line) as { steps: { out?: { payload?: string } }[] }).steps.flatMap(
        ({ out }) => out?.payload ?? [],
      ),
    )
    const rows = sent.map((payload, n) => rowOf(recordAt(n, NOON + n, 'sidewalk/RAK4630_001/up', payload)))
    expect(rows.length).toBeGreaterThan(400)
    expect(share(rows)).toBe(1)
  })
})

const row = rowOf(charger(1, NOON, { current_draw: 16, session_id: 'x' }))

/** Rows as no night writes them, and as another one may: what their bytes do not say, their values must not either. */
describe('a row', () => {
  test.each<[string, Partial<ArchiveRow>]>([
    ['that has a fraction behind a number', { template: `{"a":${MARK}m0.0}`, v1: 1 }],
    ['that has two numbers in one', { template: `{"a":${MARK}m0${MARK}n0}`, v1: 1, v2: 2 }],
    ['that has a sign before a number', { template: `{"a":-${MARK}m0}`, v1: 1 }],
    ['that may be too long', { template: `{"a":[${Array(25).fill(`"${MARK}f"`)}]}` }],
    ['that has no end', { template: `{"a":${MARK}m0`, v1: 1 }],
    ['that has a place in the name of a field', { template: `{"${MARK}f":1}` }],
    ['that has a place within a text', { template: `{"a":"x${MARK}f"}` }],
    ['that has a field twice', { template: `{"a":${MARK}m0,"a":${MARK}n0}`, v1: 1, v2: 2 }],
    ['that has the name of a prototype', { template: `{"__proto__":${MARK}m0}`, v1: 1 }],
    ['without the value', { template: `{"a":${MARK}h1}`, current_draw: null }],
    ['without the text', { template: `{"a":"${MARK}d"}` }],
    ['whose text ends before it does', { template: `{"a":"${MARK}f"}`, session_id: 'x","b":"y' }],
    ['whose text is half an escape', { template: `{"a":"${MARK}f"}`, session_id: '\\' }],
    ['whose text has a control character', { template: `{"a":"${MARK}f"}`, session_id: 'a\u0007' }],
    ['whose text is long', { template: `{"a":"${MARK}f"}`, session_id: 'x'.repeat(2_000) }],
    ['whose number is beyond those that are exact', { template: `{"a":${MARK}m0}`, v1: 2 ** 53 }],
    ['whose reading is beyond those that are written', { template: `{"a":${MARK}h0}`, current_draw: 1e21 }],
  ])('%s is left to its bytes', (_, more) => {
    expect(told({ ...row, ...more })).toBeNull()
  })

  test.each<[string, Partial<ArchiveRow>]>([
    ['a stand-in of ours', { template: `{"a":"\ue0000","b":"${MARK}f","c":8000000000000000}` }],
    ['a stand-in that another field hides', { template: `{"x":"\ue0000","a":"${MARK}f","a":1}` }],
  ])('that has %s is left to its bytes, or says the same', (_, more) => {
    isTold({ ...row, ...more })
  })

  test.each<[string, Partial<ArchiveRow>, unknown]>([
    ['an escaped text', { template: `{"a":"${MARK}f"}`, session_id: '\\u0041\\n"'.slice(0, -1) }, 'A\n'],
    ['zero, which has no sign', { template: `{"a":${MARK}h0}`, current_draw: -0 }, 0],
    ['a zero with decimals', { template: `{"a":${MARK}h2}`, current_draw: -0 }, 0],
    ['fewer decimals than it has', { template: `{"a":${MARK}h1}`, current_draw: 31.993 }, 32],
    ['no more than six decimals', { template: `{"a":${MARK}h0}`, current_draw: 1 / 3 }, 0.333333],
    ['an exponent', { template: `{"a":${MARK}h0}`, current_draw: 1.5e-7 }, 1.5e-7],
    ['a number below zero', { template: `{"a":${MARK}m3}`, v1: -5 }, -0.005],
    ['eight digits', { template: `{"a":"${MARK}mx"}`, v1: 0xed2ce9d8 }, 'ed2ce9d8'],
    ['sixteen digits', { template: `{"a":"${MARK}mx${MARK}nx"}`, v1: 1, v2: 0xffffffff }, '00000001ffffffff'],
    ['what was before the stamp', { template: `{"a":${MARK}mr}`, v1: 5 }, NOON - 5],
  ])('says %s as its bytes do', (_, more, value) => {
    const odd = { ...row, ...more }
    expect(isTold(odd)).toBe(true)
    expect(told(odd)).toStrictEqual({ a: value })
  })

  it('says it at any depth, and nothing that another says', () => {
    const template = `{"a":[1,{"b":${MARK}m0}],"c":{"d":[2]},"e":"${MARK}f"}`
    const make = messageMaker(template, { texts, numbers })
    const values = new Float64Array(2 * 25).fill(0)
    const at = texts.length + PAYLOAD_NUMBERS.indexOf('v1')
    values.set([7], at)
    values.set([8], 25 + at)
    const lists = PAYLOAD_TEXTS.map(() => ['x'])
    const [first, second] = [0, 25].map((from) => make?.({ values, lists }, from))
    expect(first).toEqual({ a: [1, { b: 7 }], c: { d: [2] }, e: 'x' })
    expect(second).toEqual({ a: [1, { b: 8 }], c: { d: [2] }, e: 'x' })
    // What no row changes is one for all of them, and nobody can change it.
    expect(() => Object.assign(first?.c as object, { d: 3 })).toThrow(TypeError)
  })
})
