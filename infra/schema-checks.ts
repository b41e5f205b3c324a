/**
 * The checks of the wire's schemas, written out when a bundle is made. They are the functions that typebox itself compiles
 * at the start of every other process; a bundle that has them needs neither its compiler nor the time to compile.
 */
import { createHash } from 'node:crypto'
import * as Type from 'typebox'
import { Build } from 'typebox/schema'
import * as schemas from '../events/schemas.ts'

type Properties = Record<string, Type.TSchema>

/**
 * A module with as much of `typebox/schema` as `events/` calls, for these schemas and no other: of any other it says, at
 * the start of whoever asks, that it was made without it.
 */
export function schemaChecksModule(): string {
  const functions = new Map<string, string>()
  const entries = new Map<string, string>()
  const add = (schema: Type.TSchema) => entries.set(keyOf(schema), writeCheck(schema, functions))
  for (const wire of Object.values(schemas)) {
    if (typeof wire !== 'object' || !('holds' in wire)) continue
    add(Type.Object(wire.properties))
    // By themselves they are asked about where an object is refused.
    for (const property of Object.values(wire.properties)) add(property)
  }
  return `import { createHash } from 'node:crypto'
import { Guard } from 'typebox/guard'
${[...functions].map(([code, name]) => `const ${name} = ${code}`).join('\n')}
const checks = { ${[...entries].map(([key, name]) => `'${key}': ${name}`).join(', ')} }
const keyOf = (schema) => createHash('sha256').update(JSON.stringify(schema)).digest('base64url').slice(0, 8)
function checkOf(schema) {
  const check = checks[keyOf(schema)]
  if (check) return check
  throw new Error('this bundle was made without the check of ' + JSON.stringify(schema))
}
export const Build = (schema) => ({ Evaluate: () => ({ Check: checkOf(schema) }) })
export const Check = (schema, value) => checkOf(schema)(value)
`
}

/** What the module calls a schema; it has this very function in it. */
function keyOf(schema: Type.TSchema): string {
  return createHash('sha256').update(JSON.stringify(schema)).digest('base64url').slice(0, 8)
}

const WRITTEN = /^const (check_\d+) = (.*)$/s

/** Has typebox write the check of a schema, and that of each property of an object once for all objects that have it. */
function writeCheck(schema: Type.TSchema, functions: Map<string, string>): string {
  const { properties } = schema as { properties?: Properties }
  const built = properties ? buildOfParts(properties) : Build(schema)
  if (built.UseUnevaluated() || built.External().variables.length > 0)
    throw new Error(`a check that is more than code: ${JSON.stringify(schema)}`)
  const names = new Map<string, string>()
  // What a check calls is written after it.
  for (const written of built.Functions().toReversed()) {
    const [, name = '', body = ''] = WRITTEN.exec(written) ?? []
    const code = body.replaceAll(/\bcheck_\d+\b/g, (called) => names.get(called) ?? called)
    const known = functions.get(code) ?? `check${functions.size}`
    functions.set(code, known)
    names.set(name, known)
  }
  return names.get('check_0') ?? ''
}

function buildOfParts(properties: Properties) {
  const parts: Properties = {}
  const references = Object.entries(properties).map(([name, property]) => {
    const key = keyOf(property)
    parts[key] = property
    return [name, '~optional' in property ? Type.Optional(Type.Ref(key)) : Type.Ref(key)]
  })
  return Build(parts, Type.Object(Object.fromEntries(references)))
}
