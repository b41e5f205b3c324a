/** What a rule about templates is: a check, and the proof that it can fail. */
import { firstOf, ofType, type Properties, put, type Synthesised } from './template.ts'

export type TemplateRule = {
  name: string
  /** One line for each place where it is broken. */
  check: (of: Synthesised) => string[]
  /** Breaks it, in place. */
  broken: (of: Synthesised) => void
  /** A piece of what it then says. */
  says: string
}

/** A flaw in words; anything else is none. */
type Flaw = string | false | null | undefined

/** Asks every resource of a type; a template without one is flawed too. */
export function each(
  type: string,
  flawOf: (properties: Properties, of: Synthesised) => Flaw | Flaw[],
): TemplateRule['check'] {
  return (of) => {
    const found = ofType(of.template, type)
    if (found.length === 0) return [`there is no ${type}`]
    return found.flatMap(([id, { Properties }]) =>
      [flawOf(Properties, of)]
        .flat()
        .filter((flaw) => typeof flaw === 'string')
        .map((flaw) => `${id}: ${flaw}`),
    )
  }
}

/** Puts something else at a path of the first resource of a type, or nothing. */
export function breaking(type: string, path: string, value?: unknown): TemplateRule['broken'] {
  return ({ template }) => put(firstOf(template, type).Properties, path, value)
}
