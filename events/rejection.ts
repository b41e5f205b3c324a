/** How a refusal is said: the field, its value as a person would read it, and the rule it broke. */
import type { Rejection } from './event.ts'

export type Rejected = { rejection: Rejection }

const SHOWN_CHARACTERS = 80

/** A refusal of `value` in `field`; `rule` continues the sentence: `pilot_state: "G" is none of A, B, …`. */
export function reject(field: string, value: unknown, rule: string): Rejected {
  return rejectWith(field, shown(value), rule)
}

/** The same for what is better named than shown: `payload: 70000 bytes is more than 65536`. */
export function rejectWith(field: string, named: string, rule: string): Rejected {
  return { rejection: { field: cut(field), value: cut(named), rule } }
}

/** A value as JSON, cut at 80 characters; what JSON cannot say (absent, Infinity) by its name. */
export function shown(value: unknown): string {
  if (value === undefined) return 'absent'
  return cut(typeof value === 'number' ? String(value) : JSON.stringify(value))
}

function cut(text: string): string {
  // A cut may fall inside a surrogate pair, and half a pair is not text that a store can keep.
  const short = text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`
  return short.toWellFormed()
}

export function isRejected(outcome: object): outcome is Rejected {
  return 'rejection' in outcome
}
