// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates are the model's

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expressionCode, nothingMentioned } from '../../iot-events/expression-code.ts'
import { type DetectorContext, newDetectorContext, readOf } from '../../statecharts/detector.ts'
import * as v from '../../statecharts/detector-values.ts'

const context: DetectorContext = {
  ...newDetectorContext(),
  trigger: { type: 'Message', input: 'In' },
  inputs: { In: { n: 13, m: 5, d: 0.5, s: 'offline', b: true, none: null, list: [{ x: 7 }], 'a b': 1 } },
  variables: { count: 3, name: 'Ida', whole: { decimal: 7 } },
}

/** An expression as the generated chart evaluates it: undefined where it is undefined or invalid. */
function value(text: string): unknown {
  const { code } = expressionCode(text, nothingMentioned())
  const evaluate = new Function('v', 'read', `return ${code}`) as (
    operators: typeof v,
    read: unknown,
  ) => v.Value
  return v.plain(v.evaluate(() => evaluate(v, readOf(context, new Set()))))
}

describe('an expression', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['-$variable.count - -1', -2],
    ['7 / 2', 4],
    ['-7 / 2', -4],
    ['7 / 3', 2],
    ['7.0 / 2', 3.5],
    ['$variable.whole / 2', 3.5],
    ['$input.In.n / 2', 7],
    ['1 / 0', undefined],
    ['1 + 0.5 == 1.5', true],
    ['2 == 2.0', true],
    ["'my' + 'string'", 'mystring'],
    ["'a' + 1", undefined],
    ["'a' == 1", undefined],
    ["'a' != 1", undefined],
    ['true == true', true],
    ['1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3', true],
    ["'a' < 'b'", true],
    ['!false', true],
    ['!1', undefined],
    ['13 | 5', 13],
    ['13 & 5', 5],
    ['13 ^ 5', 8],
    ['~13', -14],
    ['bitor($input.In.n, $input.In.m) + bitand($input.In.n, $input.In.m)', 18],
    ['bitnot(0.5)', undefined],
    ['$input.In.list[0].x', 7],
    ['$input.In.`a b`', 1],
    ['$input.In.missing.deeper', undefined],
    ['$input.Other.n', undefined],
    ['$variable.constructor', undefined],
    ['$input.In.s.length', undefined],
    ['isUndefined($input.In.none)', false],
    ['isNull($input.In.none)', true],
    ['isUndefined($variable.nope)', true],
    ['$variable.nope + 1', undefined],
    ['$variable.nope != 1', undefined],
    ['$variable.nope != $variable.nope', true],
    ['$variable.count != $variable.count', false],
    ['$variable.nope > 1 || true', true],
    ["'a' > 1 || true", true],
    ['$variable.nope > 1 && true', undefined],
    ['false && $variable.nope', false],
    ['!($variable.nope > 1)', undefined],
    ['startsWith($input.In.s, "off")', true],
    ['endsWith($input.In.s, "line")', true],
    ['contains($input.In.s, "fli")', true],
    ['contains($input.In.n, "1")', undefined],
    ['convert(String, true)', 'true'],
    ['convert("String", 1.5)', '1.5'],
    ['convert(Decimal, "20.5")', 20.5],
    ['convert(Decimal, "20") / 3 > 6.6', true],
    ['convert(Decimal, "twenty")', undefined],
    ['convert(Boolean, "false")', false],
    ['convert(Boolean, 1)', undefined],
    ['currentInput("In") && triggerType("Message")', true],
    ['currentInput("Other") || triggerType("TIMER")', false],
    ["'${$variable.count * 2} of ${$variable.name}'", '6 of Ida'],
    ['\'{\\"n\\":${$input.In.n},\\"s\\":\\"${$input.In.s}\\"}\'', '{"n":13,"s":"offline"}'],
    ["'${$variable.nope}'", undefined],
    ["'it\\'s'", "it's"],
    ['timeout("never")', false],
  ])('%s is %s', (text, expected) => {
    expect(value(text)).toBe(expected)
  })

  it.each([
    ['1 +', 'the end is not expected there'],
    ['$input', 'the end stands where . belongs'],
    ['hello', 'hello at character 1 is not expected there'],
    ['now() > 1', 'the function now() has no counterpart'],
    ['timeout()', 'timeout() takes 1 operand, not 0'],
    ['1 % 2', 'character 3 (% 2) begins nothing known'],
    ["'${1", 'character 1'],
    ['1 2', '2 at character 3 is not expected there'],
  ])('%s is refused: %s', (text, reason) => {
    expect(() => expressionCode(text, nothingMentioned())).toThrow(reason)
  })

  it('reads or refuses any text, and never falls over', () => {
    const pieces = [
      '$input.A.b',
      '$variable.x',
      '1',
      '2.5',
      "'t'",
      '+',
      '-',
      '(',
      ')',
      '!',
      '&&',
      '==',
      'f',
      ',',
    ]
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 12 }), (parts) => {
        try {
          expect(expressionCode(parts.join(' '), nothingMentioned()).code).not.toBe('')
        } catch (error) {
          expect((error as Error).constructor.name).toBe('BadExpression')
        }
      }),
    )
  })
})

describe('a message’s text', () => {
  it('keeps 20.0 a decimal, which parsed JSON does not', () => {
    expect(v.readMessage('{"t":20.0,"n":20,"f":0.5}')).toEqual({ t: { decimal: 20 }, n: 20, f: 0.5 })
  })
})
