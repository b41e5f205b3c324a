/** Random machines as data that can be cut smaller, as text that can be pasted into a test, and as what that text makes. */
import { type AnyStateMachine, and, assign, cancel, emit, enqueueActions, not, or, raise } from 'xstate'
import { vocabulary } from './vocabulary.ts'

/** An expression that JSON has no form for. */
export type Code = { code: string }
export type Source = string | number | boolean | null | Code | Source[] | { [key: string]: Source }

export function isCode(source: Source): source is Code {
  return typeof source === 'object' && source !== null && 'code' in source
}

/** Any configuration in the vocabulary's words, whether TypeScript can follow it or not. */
export function machineFrom(config: object): AnyStateMachine {
  return vocabulary.createMachine(config as never) as unknown as AnyStateMachine
}

/** What is run is what would be pasted: the text itself is evaluated. */
export function machineOf(source: Source): AnyStateMachine {
  const words = { and, assign, cancel, emit, enqueueActions, not, or, raise }
  const config = new Function(...Object.keys(words), `return ${textOf(source)}`)(...Object.values(words))
  return machineFrom(config)
}

export function textOf(source: Source, indent = ''): string {
  if (typeof source !== 'object' || source === null) return JSON.stringify(source)
  if (isCode(source)) return source.code
  const within = `${indent}  `
  if (Array.isArray(source)) return `[${source.map((one) => textOf(one, within)).join(', ')}]`
  const fields = Object.entries(source).map(([key, value]) => `${keyText(key)}: ${textOf(value, within)}`)
  const flat = `{ ${fields.join(', ')} }`
  if (fields.length === 0) return '{}'
  if (flat.length + indent.length < 100 && !flat.includes('\n')) return flat
  return `{\n${fields.map((field) => `${within}${field},\n`).join('')}${indent}}`
}

function keyText(key: string): string {
  return /^[a-z_]\w*$/i.test(key) ? key : JSON.stringify(key)
}
