/**
 * Runs the AWS IoT SQL that our rules are written in, as the developer guide says it runs (version 2016-03-23). `undefined`
 * stands for its Undefined. A function or operator that is not here is refused, never guessed.
 */
import {
  type Expression,
  type Operator,
  parseExpression,
  parseStatement,
} from '../../infra/iot-sql-syntax.ts'

export type RuleMessage = {
  /** As the rule sees it: without `$aws/rules/RULE`. */
  topic: string
  payload: Uint8Array
  /** Epoch ms, what `timestamp()` says. */
  now: number
  /** What `decode` makes of bytes that are no UTF-8, which the guide leaves open. */
  undecodable?: 'null' | 'text'
}

type Value = undefined | null | boolean | number | string | Value[] | { [key: string]: Value }
type Call = (args: Value[], message: RuleMessage) => Value

/** What a rule's SELECT makes of a message: an attribute that comes to Undefined is left out. */
export function evaluateRule(sql: string, message: RuleMessage): Record<string, unknown> {
  const { select } = parseStatement(sql)
  return Object.fromEntries(
    select
      .map(({ expression, as }) => [as, evaluate(expression, message)] as const)
      .filter(([, value]) => value !== undefined),
  )
}

/** A text with `${…}` in it as an action sees it; Undefined is the empty text. */
export function evaluateTemplate(template: string, message: RuleMessage): string {
  return template.replace(
    /\$\{([^{}]*)\}/g,
    (_, inside: string) => textOf(evaluate(parseExpression(inside), message)) ?? '',
  )
}

function evaluate(expression: Expression, message: RuleMessage): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'call':
      return call(expression.name, expression.args, message)
    case 'operation':
      return operate(
        expression.operator,
        evaluate(expression.left, message),
        evaluate(expression.right, message),
      )
    case 'not': {
      const operand = booleanOf(evaluate(expression.operand, message))
      return operand === undefined ? undefined : !operand
    }
    case 'case': {
      const of = evaluate(expression.of, message)
      if (of === undefined) return undefined
      const match = expression.when.find(({ is }) => equal(of, evaluate(is, message)) === true)
      const result = match?.result ?? expression.otherwise
      return result ? evaluate(result, message) : undefined
    }
    default:
      throw new Error(`${expression.kind} stands where our rules put none`)
  }
}

function call(name: string, args: Expression[], message: RuleMessage): Value {
  if (name === 'encode' && args[0]?.kind === 'star') return Buffer.from(message.payload).toString('base64')
  const known = CALLS[name]
  if (!known) throw new Error(`${name}() is not among the functions that our rules call`)
  return known(
    args.map((arg) => evaluate(arg, message)),
    message,
  )
}

const CALLS: Record<string, Call> = {
  decode: ([value], message) => (typeof value === 'string' ? decode(value, message) : null),
  floor: ([value]) => {
    const number = decimalOf(value)
    return typeof number === 'number' ? Math.floor(number) : undefined
  },
  get: ([of, key]) => get(of, key),
  isundefined: ([value]) => value === undefined,
  nanvl: ([value, other]) => (value === undefined || value === null ? other : value),
  newuuid: () => '00000000-0000-4000-8000-000000000000',
  parse_time: ([pattern, ms]) => parseTime(String(pattern), Number(ms)),
  startswith: ([value, start]) => {
    const [text, prefix] = [textOf(value), textOf(start)]
    return text === undefined || prefix === undefined ? undefined : text.startsWith(prefix)
  },
  substring: ([value, from, to]) => {
    const text = textOf(value)
    const [first, last] = [decimalOf(from), to === undefined ? text?.length : decimalOf(to)]
    if (text === undefined || typeof first !== 'number' || typeof last !== 'number') return undefined
    return first >= last ? '' : text.slice(Math.max(0, Math.floor(first)), Math.max(0, Math.floor(last)))
  },
  timestamp: (_, { now }) => now,
  topic: ([level], { topic }) => {
    if (level === undefined) return topic
    return topic.split('/')[Number(level) - 1]
  },
}

function decode(base64: string, { undecodable }: RuleMessage): Value {
  const bytes = Buffer.from(base64, 'base64')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    if (undecodable === 'null') return null
    text = bytes.toString('utf8')
  }
  try {
    return JSON.parse(text) as Value
  } catch {
    return text
  }
}

function get(of: Value, key: Value): Value {
  if (Array.isArray(of) || typeof of === 'string') {
    const at = decimalOf(key)
    return typeof at === 'number' ? of[Math.trunc(at)] : undefined
  }
  if (typeof of !== 'object' || of === null || typeof key !== 'string') return undefined
  return Object.hasOwn(of, key) ? of[key] : undefined
}

function operate(operator: Operator, left: Value, right: Value): Value {
  switch (operator) {
    case '=':
      return equal(left, right)
    case '<>': {
      const same = equal(left, right)
      return same === undefined ? undefined : !same
    }
    case 'AND':
    case 'OR': {
      const [one, other] = [booleanOf(left), booleanOf(right)]
      if (one === undefined || other === undefined) return undefined
      return operator === 'AND' ? one && other : one || other
    }
    case '+':
      if (typeof left === 'string' || typeof right === 'string')
        return (textOf(left) ?? '') + (textOf(right) ?? '')
  }
  const [a, b] = [decimalOf(left), decimalOf(right)]
  if (typeof a !== 'number' || typeof b !== 'number') return undefined
  return calculate(operator, a, b, Number.isInteger(left) && Number.isInteger(right))
}

function calculate(operator: Operator, a: number, b: number, whole: boolean): Value {
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return whole ? Math.trunc(a / b) : a / b
    default:
      return a % b
  }
}

/** Mismatched types are not equal; with Undefined nothing is known. */
function equal(left: Value, right: Value): boolean | undefined {
  if (left === undefined || right === undefined) return undefined
  if (typeof left !== 'object' || typeof right !== 'object') return left === right
  return JSON.stringify(left) === JSON.stringify(right)
}

const DECIMAL = /^-?\d+(\.\d+)?(e-?\d+)?$/i

/** The guide's "To Decimal". */
function decimalOf(value: Value): number | null | undefined {
  if (typeof value === 'number' || value === null) return value
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : undefined
}

/** The guide's "To Boolean". */
function booleanOf(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** The guide's "To String". */
function textOf(value: Value): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The parts of Joda's pattern that our templates use. */
function parseTime(pattern: string, ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T')
  const [yyyy = '', MM = '', dd = ''] = date.split('-')
  return pattern.replace('yyyy', yyyy).replace('MM', MM).replace('dd', dd).replace('HH', time.slice(0, 2))
}
