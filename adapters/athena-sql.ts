/**
 * A question before it is sent to Athena, which is told by rights and by its workgroup what it may not do. Here it is
 * refused before it costs anything: one statement, a SELECT, whose named values become literals that Athena puts in.
 */
import { BadQuestion } from '../events/archive-query.ts'

export type AthenaQuestion = { sql: string; values: string[] }

/** Comments, what is quoted, named values, single signs, and everything between. */
const TOKENS =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$[A-Za-z_]\w*|\/\*|[;?'"$]|[^-/'"$;?]+|[-/]/g

/** @throws BadQuestion */
export function athenaQuestion(sql: string, parameters: Record<string, string>): AthenaQuestion {
  const values: string[] = []
  const used = new Set<string>()
  const written = (sql.match(TOKENS) ?? []).map((token) => {
    if (token.startsWith('--') || /^\/\*[\s\S]/.test(token)) return ' '
    if (token === '/*' || token === "'" || token === '"')
      throw new BadQuestion(`what begins with ${token} has no end`)
    if (token === '?') throw new BadQuestion('a value has a name, such as $day: ? has none')
    if (token === '$') throw new BadQuestion('a value has a name, such as $day: $ alone has none')
    if (!/^\$\w/.test(token)) return token
    const name = token.slice(1)
    const value = parameters[name]
    if (value === undefined) throw new BadQuestion(`${token}: no value is given`)
    used.add(name)
    values.push(`'${value.replaceAll("'", "''")}'`)
    return '?'
  })
  const unused = Object.keys(parameters).filter((name) => !used.has(name))
  if (unused.length > 0) throw new BadQuestion(`the question asks for no value ${unused.join(', ')}`)
  const statement = withoutEnd(written)
  checkBeginning(statement)
  return { sql: statement, values }
}

/** A semicolon may end it, and stand nowhere else. */
function withoutEnd(tokens: readonly string[]): string {
  const end = tokens.indexOf(';')
  if (end < 0) return tokens.join('').trim()
  if (tokens.slice(end + 1).some((token) => token.trim() !== ''))
    throw new BadQuestion('a question is one statement, and this is more')
  return tokens.slice(0, end).join('').trim()
}

function checkBeginning(statement: string): void {
  if (statement === '') throw new BadQuestion('a question is one statement, and this is none')
  const [word = ''] = statement.replace(/^[\s(]+/, '').split(/[^a-z]/i)
  if (!/^(?:select|with|values)$/i.test(word))
    throw new BadQuestion(
      `a question is a SELECT, and this begins with ${JSON.stringify(word.toUpperCase())}`,
    )
}
