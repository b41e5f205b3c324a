/** A detector model as it is read: what AWS IoT Events calls its parts, whatever document it came in. */

export type JsonObject = Record<string, unknown>

export type ModelAction = { type: string; parameters: JsonObject }

export type ModelEvent = {
  name: string
  /** null where the model has none: it always holds. */
  condition: string | null
  actions: ModelAction[]
  /** Of a transition event. */
  next: string | null
}

export type ModelState = { name: string; onEnter: ModelEvent[]; onInput: ModelEvent[]; onExit: ModelEvent[] }

export type DetectorModel = {
  name: string
  key: string | null
  evaluation: 'BATCH' | 'SERIAL'
  initial: string
  states: ModelState[]
  /** What it says about itself that nothing runs by. */
  about: JsonObject
}

/** What a model holds that cannot be translated: a line for each, with its place. */
export class Untranslatable extends Error {
  readonly reasons: readonly string[]

  constructor(reasons: string[]) {
    super(reasons.join('\n'))
    this.reasons = reasons
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a line of text shows it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
