import { describe, expect, it } from 'vitest'
import { BadSql, parseExpression, parseStatement } from '../../infra/iot-sql-syntax.ts'
import { evaluateRule } from './iot-sql.ts'
import { payloadOf } from './published.ts'

function evaluate(expression: string, payload: unknown = '{}', topic = 'foo/bar/baz'): unknown {
  const sql = `SELECT ${expression} AS x FROM 'foo/#'`
  return evaluateRule(sql, { topic, payload: payloadOf(payload), now: 1_481_825_251_155 }).x
}

const MESSAGE = "decode(encode(*, 'base64'), 'base64')"

describe('the evaluator says what the developer guide says', () => {
  it.each<[expression: string, value: unknown]>([
    ["substring('012345', 2)", '2345'],
    ["substring('012345', 2.745)", '2345'],
    ['substring(123, 2)', '3'],
    ["substring('012345', 0 - 1)", '012345'],
    ['substring(true, 1.2)', 'rue'],
    ["substring('012345', 1, 3)", '12'],
    ["substring('012345', 0 - 50, 50)", '012345'],
    ["substring('012345', 3, 1)", ''],
    ['substring(null, 0)', undefined],
    ['floor(1.2)', 1],
    ['floor(0 - 1.2)', -2],
    ["get('abc', 0)", 'a'],
    ["startswith('ranger', 'ran')", true],
    ["startswith(null, 'ran')", undefined],
    ['isUndefined(5)', false],
    ['isUndefined(floor(true))', true],
    ['nanvl(8, 3)', 8],
    ['nanvl(null, 3)', 3],
    ['nanvl(floor(true), 3)', 3],
    ['timestamp()', 1_481_825_251_155],
    ['topic()', 'foo/bar/baz'],
    ['topic(1)', 'foo'],
    ['topic(9)', undefined],
    ['7 / 2', 3],
    ['7 % 2', 1],
    ["'5' - 1", 4],
    ["'five' - 1", undefined],
    ["'5' = 5", false],
    ['null = null', true],
    ['null = 5', false],
    ['floor(true) = 5', undefined],
    ["'5' <> 5", true],
    ["'5' < 6", true],
    ['true < 6', undefined],
    ["'TRUE' AND true", true],
    ['5 AND true', undefined],
    ['NOT floor(true)', undefined],
    ['NOT 1 = 2', true],
    ['true OR false AND false', true],
    ['1 + 2 * 3', 7],
    ["CASE 'b' WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE 3 END", 2],
    ["CASE 'c' WHEN 'a' THEN 1 ELSE 3 END", 3],
    ["CASE 'c' WHEN 'a' THEN 1 END", undefined],
    ['CASE floor(true) WHEN 1 THEN 1 ELSE 3 END', undefined],
  ])('%s', (expression, value) => {
    expect(evaluate(expression)).toEqual(value)
  })

  it.each<[payload: unknown, value: unknown]>([
    ['80', 80],
    ['hello', 'hello'],
    ['{"a":{"b":1}}', { a: { b: 1 } }],
    ['', ''],
  ])('a payload %j decodes to %j', (payload, value) => {
    expect(evaluate(MESSAGE, payload)).toEqual(value)
  })

  it.each(['80', 'hello', '[1]', 'null', '{"b":1}', '{"a":5}'])(
    'what is not in %s is Undefined',
    (payload) => {
      expect(evaluate(`isUndefined(get(get(${MESSAGE}, 'a'), 'b'))`, payload)).toBe(true)
    },
  )
})

describe('the evaluator', () => {
  it.each(['newid()', 'decode(1, 2).x', 'SELECT 1', "'a", 'CASE 1 END', 'a.b = 1', '1 +', '(1', 'x IN y'])(
    'refuses what our rules do not use: %s',
    (expression) => {
      expect(() => evaluate(expression)).toThrow()
    },
  )

  it('refuses a statement that is more than SELECT and FROM', () => {
    expect(() => parseStatement("SELECT 1 AS x FROM 'a' WHERE true")).toThrow(BadSql)
    expect(() => parseExpression('1 2')).toThrow('2 stands where nothing should')
  })
})
