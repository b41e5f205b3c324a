/** An expression → TypeScript that asks `read` and calls the operators of statecharts/detector-values.ts. */
import { BadExpression, type Expression, parseExpression } from './expression.ts'

/** What a model's expressions speak of, gathered on the way. */
export type Mentioned = {
  inputs: Set<string>
  variables: Set<string>
  timers: Set<string>
  /** What is read of inputs, each path as JSON: `["PressureInput","sensorData","pressure"]`. */
  paths: Set<string>
  /** Numbers and texts that stand in expressions. */
  literals: Set<string | number>
}

export function nothingMentioned(): Mentioned {
  return { inputs: new Set(), variables: new Set(), timers: new Set(), paths: new Set(), literals: new Set() }
}

export type Code = { code: string; reads: boolean }

const BINARY: Record<string, string> = {
  '|': 'bitOr',
  '^': 'bitXor',
  '&': 'bitAnd',
  '==': 'equal',
  '!=': 'different',
  '<': 'less',
  '<=': 'atMost',
  '>': 'greater',
  '>=': 'atLeast',
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
}
const UNARY: Record<string, string> = { '!': 'not', '~': 'bitNot', '-': 'negate' }

/** Functions that are operators here, with how many operands they take. */
const FUNCTIONS: Record<string, [name: string, operands: number]> = {
  convert: ['convert', 2],
  isNull: ['isNull', 1],
  isUndefined: ['isUndefined', 1],
  startsWith: ['startsWith', 2],
  endsWith: ['endsWith', 2],
  contains: ['contains', 2],
  bitor: ['bitOr', 2],
  bitand: ['bitAnd', 2],
  bitxor: ['bitXor', 2],
  bitnot: ['bitNot', 1],
}
/** Functions of what led to the evaluation. */
const ASKED = ['timeout', 'currentInput', 'triggerType']

/** Throws BadExpression, with the name of what has no counterpart. */
export function expressionCode(text: string, mentioned: Mentioned): Code {
  const code = codeOf(parseExpression(text), mentioned)
  return { code, reads: code.includes('read.') }
}

function codeOf(expression: Expression, mentioned: Mentioned): string {
  const of = (one: Expression) => codeOf(one, mentioned)
  switch (expression.kind) {
    case 'decimal':
      mentioned.literals.add(expression.value)
      return Number.isInteger(expression.value) ? `v.decimal(${expression.value})` : String(expression.value)
    case 'integer':
      mentioned.literals.add(expression.value)
      return String(expression.value)
    case 'boolean':
      return String(expression.value)
    case 'string':
      mentioned.literals.add(expression.value)
      return quote(expression.value)
    case 'template':
      return `v.template(${expression.parts.map(of).join(', ')})`
    case 'variable':
      mentioned.variables.add(expression.name)
      return `read.variable(${quote(expression.name)})`
    case 'input':
      mentioned.inputs.add(expression.name)
      mentioned.paths.add(JSON.stringify([expression.name, ...expression.path]))
      return `read.input(${[expression.name, ...expression.path].map((step) => quote(step)).join(', ')})`
    case 'unary':
      return `v.${UNARY[expression.operator]}(${expression.operands.map(of).join(', ')})`
    case 'binary':
      return binaryCode(expression.operator, expression.operands.map(of))
    case 'call':
      return callCode(expression.name, expression.operands, mentioned)
  }
}

function binaryCode(operator: string, [left = '', right = '']: string[]): string {
  if (operator === '&&') return `v.both(() => ${left}, () => ${right})`
  if (operator === '||') return `v.either(() => ${left}, () => ${right})`
  // Nothing is different from itself: what asks so asks whether it has a value yet, as AWS's own alarm does.
  if (operator === '!=' && left === right) return `v.isUndefined(${left})`
  return `v.${BINARY[operator]}(${left}, ${right})`
}

function callCode(called: string, operands: Expression[], mentioned: Mentioned): string {
  const asked = ASKED.find((name) => name.toLowerCase() === called.toLowerCase())
  const known = Object.entries(FUNCTIONS).find(([name]) => name.toLowerCase() === called.toLowerCase())?.[1]
  if (!asked && !known) throw new BadExpression(`the function ${called}() has no counterpart`)
  const [name, takes] = known ?? [asked as string, 1]
  if (operands.length !== takes)
    throw new BadExpression(
      `${called}() takes ${takes} operand${takes > 1 ? 's' : ''}, not ${operands.length}`,
    )
  const [first] = operands
  if (first?.kind === 'string' && name === 'timeout') mentioned.timers.add(first.value)
  if (first?.kind === 'string' && name === 'currentInput') mentioned.inputs.add(first.value)
  return `${asked ? 'read' : 'v'}.${name}(${operands.map((one) => codeOf(one, mentioned)).join(', ')})`
}

/** A literal of TypeScript, as the formatter likes it or will make it. */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  const escaped = JSON.stringify(value).slice(1, -1)
  return value.includes("'") ? `"${escaped}"` : `'${escaped.replaceAll('\\"', '"')}'`
}
