import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalMessage } from '../../events/canonical.ts'
import type { DeviceReport } from '../../events/event.ts'
import { identityOf } from '../../events/identity.ts'
import { parseReport } from '../../events/parse.ts'
import {
  bytesOf,
  FLAT_EVSE,
  FLAT_THERMOSTAT,
  GPIO,
  NESTED_GPIO,
  NESTED_LINE_CURRENT,
  wrapped,
} from './messages.ts'

const topics = fc.oneof(
  fc.constantFrom(
    'sidewalk/dev/up',
    'ev/evse/RAK4630_001/telemetry',
    'ev/thermostat/stat-1/telemetry',
    'sidewalk/',
  ),
  fc.string(),
)
const wireless = (id: string) => (id === 'wd-1' ? 'dev' : null)

/** Anything a device might put in a field: right, nearly right, and nonsense. */
const values = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    'A',
    'C',
    'G',
    '',
    'state_change',
    'telemetry',
    'evse',
    '__proto__',
    1704067200000,
    40,
    true,
    null,
  ),
  fc.string({ unit: 'binary' }),
)
const names = fc.oneof(
  fc.constantFrom(...Object.keys(FLAT_EVSE), ...Object.keys(FLAT_THERMOSTAT), ...Object.keys(GPIO)),
  fc.constantFrom(
    'schema_version',
    'data',
    'event_id',
    'sequence',
    'voltage',
    'WirelessDeviceId',
    'PayloadData',
    'ttl',
  ),
  fc.string(),
)
const bases = fc.constantFrom<object>(
  {},
  FLAT_EVSE,
  FLAT_THERMOSTAT,
  GPIO,
  NESTED_GPIO,
  NESTED_LINE_CURRENT,
  wrapped(FLAT_EVSE),
  wrapped(NESTED_GPIO),
)
const messages = fc
  .tuple(bases, fc.array(fc.tuple(names, values), { maxLength: 4 }))
  .map(([base, changes]) => ({ ...base, ...Object.fromEntries(changes) }))

/** The same JSON value with the keys of every object in another order. */
function reordered(value: unknown, turn: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => reordered(item, turn))
  const entries = Object.entries(value).map(([key, held]) => [key, reordered(held, turn + 1)] as const)
  const at = entries.length ? turn % entries.length : 0
  return Object.fromEntries([...entries.slice(at), ...entries.slice(0, at)].reverse())
}

function isWhole(report: DeviceReport): boolean {
  const { reported_timestamp: at } = report
  return (
    report.device_id !== '' &&
    Number.isInteger(at) &&
    at >= 0 &&
    (report.device_type === null) === 'pin' in report.fields
  )
}

describe('the parser, for any bytes on any topic', () => {
  it('answers with a report or a refusal, and never throws', () => {
    fc.assert(
      fc.property(topics, fc.uint8Array({ maxLength: 200 }), (topic, payload) => {
        const outcome = parseReport({ topic, payload, wireless })
        return 'rejection' in outcome ? outcome.rejection.rule !== '' : isWhole(outcome.report)
      }),
      { numRuns: 2_000 },
    )
  })

  it('answers with a report or a refusal for any JSON, near a message or far from one', () => {
    let reports = 0
    fc.assert(
      fc.property(topics, messages, (topic, message) => {
        const outcome = parseReport({ topic, payload: bytesOf(JSON.stringify(message)), wireless })
        if ('rejection' in outcome)
          return outcome.rejection.rule !== '' && outcome.rejection.value.length <= 80
        reports++
        return isWhole(outcome.report)
      }),
      { numRuns: 5_000 },
    )
    expect(reports).toBeGreaterThan(200)
  })

  it('gives a message the same identity whatever the order of its keys and however often it is written again', () => {
    fc.assert(
      fc.property(messages, fc.nat(20), (message, turn) => {
        const topic = 'sidewalk/dev/up'
        const first = parseReport({ topic, payload: bytesOf(JSON.stringify(message)), wireless })
        if ('rejection' in first) return true
        const turned = JSON.stringify(reordered(message, turn), null, 2)
        const again = parseReport({ topic, payload: bytesOf(turned), wireless })
        return 'report' in again && identityOf(again.report) === identityOf(first.report)
      }),
      { numRuns: 3_000 },
    )
  })

  it('comes to the same canonical words when it reads its own', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const topic = 'sidewalk/dev/up'
        const first = parseReport({ topic, payload: bytesOf(JSON.stringify(message)), wireless })
        if ('rejection' in first || 'WirelessDeviceId' in message) return true
        const again = parseReport({ topic, payload: bytesOf(canonicalMessage(first.report.said)) })
        return (
          'report' in again && canonicalMessage(again.report.said) === canonicalMessage(first.report.said)
        )
      }),
      { numRuns: 3_000 },
    )
  })
})
