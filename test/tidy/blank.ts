/**
 * TypeScript with its comments, and its comments, strings and patterns, blanked out: same length, same lines. Enough of
 * a scanner for house rules; the type checker knows the rest.
 */

export type Blanked = {
  /** Without comments. */
  code: string
  /** Without comments and without the insides of strings, templates and patterns. */
  bare: string
}

type Span = { end: number; kind: 'code' | 'comment' | 'text' }

export function blank(source: string): Blanked {
  const code = source.split('')
  const bare = source.split('')
  // Nesting of braces, so that a `}` that closes `${` leads back into its template.
  const inTemplate: boolean[] = []
  let at = 0
  while (at < source.length) {
    const { end, kind } = nextSpan(source, at, bare, inTemplate)
    for (let i = at; i < end; i++) {
      if (source[i] === '\n') continue
      if (kind === 'comment') code[i] = ' '
      const inside = kind === 'comment' || (kind === 'text' && i > at && i < end - 1)
      if (inside) bare[i] = ' '
    }
    at = end
  }
  return { code: code.join(''), bare: bare.join('') }
}

function nextSpan(source: string, at: number, bare: string[], inTemplate: boolean[]): Span {
  const char = source[at]
  const two = source.slice(at, at + 2)
  if (two === '//' || (at === 0 && two === '#!')) return { end: indexOr(source, '\n', at), kind: 'comment' }
  if (two === '/*') return { end: indexOr(source, '*/', at + 2) + 2, kind: 'comment' }
  if (char === "'" || char === '"') return { end: endOfQuoted(source, at + 1, char), kind: 'text' }
  if (char === '`') return template(source, at + 1, inTemplate)
  if (char === '/' && opensPattern(bare, at)) return { end: endOfPattern(source, at + 1), kind: 'text' }
  if (char === '{') inTemplate.push(false)
  if (char === '}' && inTemplate.pop()) return template(source, at + 1, inTemplate)
  return { end: at + 1, kind: 'code' }
}

/** The text of a template up to its end, or to the expression inside it. */
function template(source: string, from: number, inTemplate: boolean[]): Span {
  for (let i = from; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === '`') return { end: i + 1, kind: 'text' }
    else if (source[i] === '$' && source[i + 1] === '{') {
      inTemplate.push(true)
      return { end: i + 2, kind: 'text' }
    }
  }
  return { end: source.length, kind: 'text' }
}

function endOfQuoted(source: string, from: number, quote: string): number {
  for (let i = from; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === quote || source[i] === '\n') return i + 1
  }
  return source.length
}

function endOfPattern(source: string, from: number): number {
  let inClass = false
  for (let i = from; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === '[') inClass = true
    else if (source[i] === ']') inClass = false
    else if (source[i] === '\n' || (source[i] === '/' && !inClass)) return i + 1
  }
  return source.length
}

/** A slash after a value divides; after an operator, an opening bracket or a keyword it opens a pattern. */
function opensPattern(bare: string[], at: number): boolean {
  const before = bare
    .slice(Math.max(0, at - 80), at)
    .join('')
    .trimEnd()
  if (before === '' || /[=(,:[!&|?{};+\-*%~^<>]$/.test(before)) return true
  return /\b(?:return|typeof|case|in|of|do|else|void|delete|yield|await)$/.test(before)
}

function indexOr(source: string, what: string, from: number): number {
  const found = source.indexOf(what, from)
  return found < 0 ? source.length : found
}
