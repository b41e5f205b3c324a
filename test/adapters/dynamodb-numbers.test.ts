import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tableName } from '../../adapters/aws-names.ts'
import { dynamoCalls } from '../../adapters/dynamodb-calls.ts'
import { isHeld, keyNumber, neighbour, parseKeyNumber } from '../../adapters/dynamodb-numbers.ts'
import { compareKeys, MAX_TIMESTAMP_MS, ORDINAL_DIGITS } from '../../events/key.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'

let dynalite: Dynalite
beforeAll(async () => {
  dynalite = await startDynalite()
})
afterAll(() => dynalite.stop())

const LAST_ORDINAL = 10n ** BigInt(ORDINAL_DIGITS) - 1n
const ordinal = fc
  .oneof(
    fc.bigInt({ min: 0n, max: LAST_ORDINAL }),
    // Ends in zeros, as every key of what was not decided does.
    fc.bigInt({ min: 0n, max: 10n ** 12n }).map((n) => (n * 10n ** 13n) % (LAST_ORDINAL + 1n)),
  )
  .map((n) => String(n).padStart(ORDINAL_DIGITS, '0'))
const key = fc.record({
  ts: fc.oneof(fc.integer({ min: 0, max: MAX_TIMESTAMP_MS }), fc.constantFrom(0, 1, 10, MAX_TIMESTAMP_MS)),
  ord: ordinal,
})

test('a key becomes a decimal of 38 digits at most, and the same key again', () => {
  fc.assert(
    fc.property(key, (one) => {
      const text = keyNumber(one)
      expect(text).toMatch(/^\d{1,13}\.\d{25}$/)
      expect(parseKeyNumber(text)).toEqual(one)
    }),
  )
})

test('a key is read back however its number is spelt, without its zeros or with an exponent', () => {
  const one = { ts: 1_763_000_000_000, ord: '3000000000123456789012000' }
  for (const text of [
    '1763000000000.3000000000123456789012',
    '1763000000000.3000000000123456789012000',
    '1.7630000000003000000000123456789012E12',
    '17630000000003000000000123456789012e-22',
  ])
    expect(parseKeyNumber(text)).toEqual(one)
  expect(parseKeyNumber('1763000000000')).toEqual({ ts: 1_763_000_000_000, ord: '0'.repeat(25) })
  expect(parseKeyNumber('1.763e12')).toEqual({ ts: 1_763_000_000_000, ord: '0'.repeat(25) })
  expect(parseKeyNumber('0')).toEqual({ ts: 0, ord: '0'.repeat(25) })
  for (const text of ['', '.', 'x', '-1', '1.12345678901234567890123456', '1e']) {
    expect(() => parseKeyNumber(text), text).toThrow(RangeError)
  }
})

test('keys come back from the store as they went in, and sort there as they sort here', async () => {
  const table_prefix = await dynalite.newTables()
  const calls = dynamoCalls({ client: dynalite.client, table_prefix })
  let devices = 0
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { minLength: 1, maxLength: 12, selector: keyNumber }),
      async (keys) => {
        const device_id = { S: `dev-${devices++}` }
        for (const one of keys) {
          const Item = { device_id, timestamp: { N: keyNumber(one) } }
          await dynalite.client.send(
            new PutItemCommand({ TableName: tableName(table_prefix, 'events'), Item }),
          )
        }
        const { items } = await calls.query('events', {
          KeyConditionExpression: 'device_id = :device_id',
          ExpressionAttributeValues: { ':device_id': device_id },
        })
        expect(items.map((item) => parseKeyNumber(item.timestamp?.N ?? ''))).toEqual(
          keys.toSorted(compareKeys),
        )
      },
    ),
    { numRuns: 40 },
  )
})

test('a neighbour is the next key, and no key lies between', () => {
  fc.assert(
    fc.property(key, (one) => {
      const next = neighbour(one, 1)
      expect(next && neighbour(next, -1)).toEqual(one)
      expect(next && compareKeys(next, one)).toBeGreaterThan(0)
    }),
  )
  expect(neighbour({ ts: 5, ord: '0'.repeat(25) }, -1)).toEqual({ ts: 4, ord: '9'.repeat(25) })
  expect(neighbour({ ts: 0, ord: '0'.repeat(25) }, -1)).toBeNull()
})

test('a number is held where DynamoDB holds it exactly', () => {
  for (const value of [0, 1, -1.5, 1e125, -9.9e125, 1e-130, 0.1, Number.MAX_SAFE_INTEGER])
    expect(isHeld(value)).toBe(true)
  for (const value of [
    -0,
    1e126,
    Number.MAX_VALUE,
    1e-131,
    Number.MIN_VALUE,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])
    expect(isHeld(value), String(value)).toBe(false)
})
