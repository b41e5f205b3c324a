/** An expression of a detector model, read: literals, references, operators, functions and substitution templates. */

export type Expression =
  | { kind: 'integer' | 'decimal'; value: number }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'string'; value: string }
  | { kind: 'template'; parts: Expression[] }
  | { kind: 'variable'; name: string }
  | { kind: 'input'; name: string; path: (string | number)[] }
  | { kind: 'unary' | 'binary'; operator: string; operands: Expression[] }
  | { kind: 'call'; name: string; operands: Expression[] }

/** What is wrong with an expression, for a person. */
export class BadExpression extends Error {}

type Token = { type: 'number' | 'string' | 'word' | 'quoted' | 'sign' | 'end'; text: string; at: number }

const SPACE = /\s+/y
const TOKENS: [Token['type'], RegExp][] = [
  ['number', /\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+/y],
  ['string', /'(?:\\[\s\S]|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"/y],
  ['word', /\$?[A-Za-z_]\w*/y],
  ['quoted', /`[^`]+`/y],
  ['sign', /&&|\|\||[=!<>]=|[-+*/<>!~&|^().,[\]]/y],
]

/** By how tightly they bind, loosest first. */
const BINARY: string[][] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/'],
]

/** Throws BadExpression with the place and the reason. */
export function parseExpression(text: string): Expression {
  const tokens = tokenize(text)
  const reader: Reader = { text, tokens, next: 0 }
  const expression = readBinary(reader, 0)
  const rest = peek(reader)
  if (rest.type !== 'end') throw unexpected(rest)
  return expression
}

type Reader = { text: string; tokens: Token[]; next: number }

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const space = matchAt(SPACE, text, at)
    if (space !== null) {
      at += space.length
      continue
    }
    const token = firstToken(text, at)
    if (!token)
      throw new BadExpression(`character ${at + 1} (${text.slice(at, at + 12)}) begins nothing known`)
    tokens.push(token)
    at += token.text.length
  }
  return [...tokens, { type: 'end', text: 'the end', at }]
}

function firstToken(text: string, at: number): Token | null {
  for (const [type, pattern] of TOKENS) {
    const found = matchAt(pattern, text, at)
    if (found !== null) return { type, text: found, at }
  }
  return null
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? null
}

function readBinary(reader: Reader, level: number): Expression {
  const operators = BINARY[level]
  if (!operators) return readUnary(reader)
  let left = readBinary(reader, level + 1)
  for (;;) {
    const { type, text } = peek(reader)
    if (type !== 'sign' || !operators.includes(text)) return left
    reader.next++
    left = { kind: 'binary', operator: text, operands: [left, readBinary(reader, level + 1)] }
  }
}

function readUnary(reader: Reader): Expression {
  const { type, text } = peek(reader)
  if (type !== 'sign' || !['!', '~', '-'].includes(text)) return readPrimary(reader)
  reader.next++
  const operand = readUnary(reader)
  if (text === '-' && (operand.kind === 'integer' || operand.kind === 'decimal'))
    return { kind: operand.kind, value: -operand.value }
  return { kind: 'unary', operator: text, operands: [operand] }
}

function readPrimary(reader: Reader): Expression {
  const token = take(reader)
  if (token.type === 'number')
    return { kind: /[.eE]/.test(token.text) ? 'decimal' : 'integer', value: Number(token.text) }
  if (token.type === 'string') return readString(token.text)
  if (token.type === 'word') return readWord(reader, token)
  if (token.type === 'sign' && token.text === '(') {
    const inner = readBinary(reader, 0)
    expectSign(reader, ')')
    return inner
  }
  throw unexpected(token)
}

function readWord(reader: Reader, token: Token): Expression {
  const { text } = token
  if (text === '$variable') return { kind: 'variable', name: readName(reader) }
  if (text === '$input') return { kind: 'input', name: readName(reader), path: readPath(reader) }
  if (/^(?:true|false)$/i.test(text)) return { kind: 'boolean', value: text.toLowerCase() === 'true' }
  if (!isSign(reader, '(')) throw unexpected(token)
  reader.next++
  const operands: Expression[] = []
  while (!isSign(reader, ')')) {
    if (operands.length > 0) expectSign(reader, ',')
    operands.push(readOperand(reader))
  }
  reader.next++
  return { kind: 'call', name: text, operands }
}

/** A bare word is a keyword there: `convert(Decimal, …)`, `triggerType(Message)`. */
function readOperand(reader: Reader): Expression {
  const { type, text } = peek(reader)
  const after = reader.tokens[reader.next + 1]?.text ?? ''
  if (type !== 'word' || text.startsWith('$') || ![',', ')'].includes(after)) return readBinary(reader, 0)
  if (/^(?:true|false)$/i.test(text)) return readBinary(reader, 0)
  reader.next++
  return { kind: 'string', value: text }
}

function readName(reader: Reader): string {
  expectSign(reader, '.')
  const token = take(reader)
  if (token.type === 'quoted') return token.text.slice(1, -1)
  if (token.type === 'word' && !token.text.startsWith('$')) return token.text
  throw unexpected(token)
}

function readPath(reader: Reader): (string | number)[] {
  const path: (string | number)[] = []
  for (;;) {
    if (isSign(reader, '.')) path.push(readName(reader))
    else if (isSign(reader, '[')) {
      reader.next++
      const index = take(reader)
      if (index.type !== 'number' || !/^\d+$/.test(index.text)) throw unexpected(index)
      path.push(Number(index.text))
      expectSign(reader, ']')
    } else return path
  }
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** The inside of quotes, with `${…}` read as expressions. */
function readString(quoted: string): Expression {
  const inside = quoted.slice(1, -1)
  const parts: Expression[] = []
  let text = ''
  for (let at = 0; at < inside.length; at++) {
    const character = inside[at] as string
    if (character === '\\' && at + 1 < inside.length) {
      const escaped = inside[++at] as string
      text += ESCAPES[escaped] ?? escaped
    } else if (character === '$' && inside[at + 1] === '{') {
      const end = endOfTemplate(inside, at + 2)
      if (text !== '') parts.push({ kind: 'string', value: text })
      text = ''
      parts.push(parseExpression(inside.slice(at + 2, end).replace(/\\(["'])/g, '$1')))
      at = end
    } else text += character
  }
  if (parts.length === 0) return { kind: 'string', value: text }
  if (text !== '') parts.push({ kind: 'string', value: text })
  return { kind: 'template', parts }
}

function endOfTemplate(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at
  }
  throw new BadExpression('a substitution template is not closed by }')
}

function peek({ tokens, next }: Reader): Token {
  return tokens[next] as Token
}

function take(reader: Reader): Token {
  const token = peek(reader)
  if (token.type !== 'end') reader.next++
  return token
}

function isSign(reader: Reader, sign: string): boolean {
  const { type, text } = peek(reader)
  return type === 'sign' && text === sign
}

function expectSign(reader: Reader, sign: string): void {
  if (!isSign(reader, sign)) throw new BadExpression(`${describe(peek(reader))} stands where ${sign} belongs`)
  reader.next++
}

function unexpected(token: Token): BadExpression {
  return new BadExpression(`${describe(token)} is not expected there`)
}

function describe({ type, text, at }: Token): string {
  return type === 'end' ? 'the end' : `${text} at character ${at + 1}`
}
