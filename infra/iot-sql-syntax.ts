/**
 * The part of AWS IoT SQL that our rules are written in, as a tree: to lint a partition key at synthesis, and to run a
 * rule in tests. What it does not know it refuses, so that nothing gets into a rule that no test has run.
 */

export type Expression =
  | { kind: 'literal'; value: string | number | boolean | null }
  /** The whole payload. */
  | { kind: 'star' }
  /** A field of a JSON payload by its bare name. */
  | { kind: 'name'; path: string[] }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'operation'; operator: Operator; left: Expression; right: Expression }
  | { kind: 'not'; operand: Expression }
  | {
      kind: 'case'
      of: Expression
      when: { is: Expression; result: Expression }[]
      otherwise: Expression | null
    }

export type Statement = { select: { expression: Expression; as: string }[]; from: string }

/** By how strongly they bind, weakest first. */
const OPERATORS = [['OR'], ['AND'], ['=', '<>', '<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']] as const
export type Operator = (typeof OPERATORS)[number][number]

export class BadSql extends Error {}

const TOKEN = /\s*(?:('[^']*')|(\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|(<>|<=|>=|[-+*/%=<>(),]))/y
const CONSTANTS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const RESERVED = ['select', 'from', 'where', 'as', 'case', 'when', 'then', 'else', 'end', 'and', 'or', 'not']

type Token = { kind: 'text' | 'number' | 'word' | 'symbol'; text: string }

/** @throws BadSql where it is not an expression that we use */
export function parseExpression(sql: string): Expression {
  const reader = createReader(sql)
  const expression = readExpression(reader)
  reader.end()
  return expression
}

/** `SELECT expression AS name, … FROM 'filter'`. @throws BadSql */
export function parseStatement(sql: string): Statement {
  const reader = createReader(sql)
  reader.word('select')
  const select: Statement['select'] = []
  do {
    const expression = readExpression(reader)
    reader.word('as')
    select.push({ expression, as: reader.next().text })
  } while (reader.skip(','))
  reader.word('from')
  const from = reader.next()
  if (from.kind !== 'text') throw new BadSql(`FROM ${from.text} is no topic filter in quotes`)
  reader.end()
  return { select, from: from.text }
}

function readExpression(reader: Reader, level = 0): Expression {
  const operators = OPERATORS[level]
  if (!operators) return readUnary(reader)
  // NOT binds weaker than a comparison and stronger than AND.
  const operand = () => (level === 1 ? readNot(reader) : readExpression(reader, level + 1))
  let left = operand()
  for (;;) {
    const operator = operators.find((one) => reader.skip(one))
    if (operator === undefined) return left
    left = { kind: 'operation', operator, left, right: operand() }
  }
}

function readNot(reader: Reader): Expression {
  if (reader.skip('not')) return { kind: 'not', operand: readNot(reader) }
  return readExpression(reader, 2)
}

function readUnary(reader: Reader): Expression {
  const token = reader.next()
  if (token.kind === 'text') return { kind: 'literal', value: token.text }
  if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) }
  if (token.text === '*') return { kind: 'star' }
  if (token.text === '(') {
    const inside = readExpression(reader)
    reader.symbol(')')
    return inside
  }
  if (token.kind === 'symbol') throw new BadSql(`${token.text} begins no expression`)
  const word = token.text.toLowerCase()
  const constant = CONSTANTS.get(word)
  if (constant !== undefined) return { kind: 'literal', value: constant }
  if (word === 'case') return readCase(reader)
  if (RESERVED.includes(word)) throw new BadSql(`${token.text} begins no expression`)
  if (reader.skip('(')) return { kind: 'call', name: word, args: readArguments(reader) }
  return { kind: 'name', path: token.text.split('.') }
}

function readArguments(reader: Reader): Expression[] {
  const args: Expression[] = []
  if (reader.skip(')')) return args
  do args.push(readExpression(reader))
  while (reader.skip(','))
  reader.symbol(')')
  return args
}

function readCase(reader: Reader): Expression {
  const of = readExpression(reader)
  const when: { is: Expression; result: Expression }[] = []
  while (reader.skip('when')) {
    const is = readExpression(reader)
    reader.word('then')
    when.push({ is, result: readExpression(reader) })
  }
  if (when.length === 0) throw new BadSql('a CASE needs a WHEN')
  const otherwise = reader.skip('else') ? readExpression(reader) : null
  reader.word('end')
  return { kind: 'case', of, when, otherwise }
}

type Reader = ReturnType<typeof createReader>

function createReader(sql: string) {
  const tokens = tokensOf(sql)
  let at = 0
  const isNext = (text: string) => {
    const token = tokens[at]
    return token !== undefined && token.kind !== 'text' && token.text.toLowerCase() === text.toLowerCase()
  }
  const skip = (text: string) => {
    const found = isNext(text)
    if (found) at++
    return found
  }
  const expect = (text: string) => {
    if (!skip(text)) throw new BadSql(`${tokens[at]?.text ?? 'the end'} stands where ${text} should`)
  }
  return {
    skip,
    word: expect,
    symbol: expect,
    next(): Token {
      const token = tokens[at++]
      if (!token) throw new BadSql('the SQL ends too early')
      return token
    },
    end(): void {
      if (at < tokens.length) throw new BadSql(`${tokens[at]?.text} stands where nothing should`)
    },
  }
}

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = []
  const text = sql.trimEnd()
  const pattern = new RegExp(TOKEN)
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex
    const match = pattern.exec(text)
    if (!match) throw new BadSql(`no SQL that we use: ${text.slice(from, from + 20)}`)
    const [, quoted, number, word, symbol] = match
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.slice(1, -1) })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'symbol', text: symbol as string })
  }
  return tokens
}
