/** The firmware's own way of being configured: options in Kconfig syntax, overridden in `prj.conf` syntax. */

export type KconfigType = 'int' | 'hex' | 'bool' | 'string'
export type KconfigOption = { name: string; type: KconfigType; default: string | null }
/** A value with the line of `prj.conf` it stands in. */
export type PrjConf = Map<string, { value: string; line: number }>

const TYPES: readonly string[] = ['int', 'hex', 'bool', 'string']

/**
 * The options of a Kconfig text, with the first default that has no condition. Menus, choices, dependencies and help
 * are passed over: what they decide is decided by who builds the firmware.
 */
export function parseKconfig(text: string): Map<string, KconfigOption> {
  const options = new Map<string, KconfigOption>()
  let name: string | null = null
  let help_indent: number | null = null
  for (const line of text.split(/\r?\n/)) {
    const words = line.trim()
    const indent = indentOf(line)
    // Help is as far indented as its first line; it ends where something stands further out.
    if (help_indent !== null && words !== '') {
      if (help_indent < 0) help_indent = indent
      if (indent >= help_indent && indent > 0) continue
      help_indent = null
    }
    if (words === '' || words.startsWith('#')) continue
    const [keyword = '', rest = ''] = split(words)
    if (keyword === 'config' || keyword === 'menuconfig') name = rest
    else if (keyword === 'help') help_indent = -1
    else if (BLOCKS.includes(keyword)) name = null
    else if (name !== null) noteAttribute(options, name, keyword, rest)
  }
  return options
}

const BLOCKS = ['if', 'endif', 'choice', 'endchoice', 'menu', 'endmenu', 'source', 'mainmenu', 'comment']

function noteAttribute(
  options: Map<string, KconfigOption>,
  name: string,
  keyword: string,
  rest: string,
): void {
  const known = options.get(name)
  // An option whose type is said elsewhere (`config FOO` / `default y if BAR`) is not this text's to define.
  if (TYPES.includes(keyword))
    options.set(name, { name, type: keyword as KconfigType, default: known?.default ?? null })
  else if (keyword === 'default' && known?.default === null && !/\sif\s/.test(rest))
    options.set(name, { ...known, default: unquote(rest) })
  else if (keyword === 'default' && !known && !/\sif\s/.test(rest))
    // `default y` before `bool`, as some write it: kept until the type comes.
    options.set(name, { name, type: 'bool', default: unquote(rest) })
}

/** The lines of a `prj.conf`; of two for one option the later counts, as in the build. */
export function parsePrjConf(text: string): { values: PrjConf; problems: string[] } {
  const values: PrjConf = new Map()
  const problems: string[] = []
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = index + 1
    const unset = /^#\s*CONFIG_(\w+) is not set\s*$/.exec(raw.trim())
    if (unset) values.set(unset[1] as string, { value: 'n', line })
    if (raw.trim() === '' || raw.trim().startsWith('#')) return
    const set = /^\s*CONFIG_(\w+)=(.*)$/.exec(raw)
    if (set) values.set(set[1] as string, { value: (set[2] as string).trim(), line })
    else problems.push(`line ${line}: ${JSON.stringify(raw.trim())} is not CONFIG_NAME=value`)
  })
  return { values, problems }
}

/** A value as its type; a problem names line, option and value. */
export function readValue(
  option: KconfigOption,
  given: { value: string; line: number },
): { value: number | boolean | string } | { problem: string } {
  const { value: text, line } = given
  const wrong = (rule: string) => ({ problem: `line ${line}: CONFIG_${option.name}: ${text} ${rule}` })
  if (option.type === 'string')
    return /^".*"$/.test(text) ? { value: unquote(text) } : wrong('is not in double quotes')
  if (option.type === 'bool')
    return text === 'y' || text === 'n' ? { value: text === 'y' } : wrong('is neither y nor n')
  const value = /^-?(?:\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text.replace(/^-/, '')) : Number.NaN
  const signed = text.startsWith('-') ? -value : value
  return Number.isSafeInteger(signed) ? { value: signed } : wrong('is not a whole number')
}

function split(words: string): [string, string] {
  const space = words.search(/\s/)
  return space < 0 ? [words, ''] : [words.slice(0, space), words.slice(space).trim()]
}

function unquote(text: string): string {
  return /^".*"$/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
}

/** A tab reaches to the next eighth column, as in Kconfig itself. */
function indentOf(line: string): number {
  let column = 0
  for (const char of line) {
    if (char === '\t') column += 8 - (column % 8)
    else if (char === ' ') column++
    else break
  }
  return column
}
