/** What a bundle checks is what every other process checks: the same answers, and the same words where it refuses. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import * as brokenField from '../../events/broken-field.ts'
import * as schemas from '../../events/schemas.ts'
import { bundleFolder, HANDLER_FILE } from '../../infra/bundle.ts'
import { schemaChecksModule } from '../../infra/schema-checks.ts'

let bundledSchemas: typeof schemas
let bundledField: typeof brokenField

async function bundled<T>(entry: string): Promise<T> {
  return (await import(pathToFileURL(join(bundleFolder(entry), HANDLER_FILE)).href)) as T
}

beforeAll(async () => {
  bundledSchemas = await bundled('events/schemas.ts')
  bundledField = await bundled('events/broken-field.ts')
}, 60_000)

const WIRES = Object.entries(schemas).flatMap(([name, wire]) =>
  typeof wire === 'object' && 'holds' in wire ? [[name, wire] as const] : [],
)

/** At the edges of what is allowed, and beyond them. */
const values = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    'A',
    'G',
    'evse',
    'telemetry',
    0,
    1,
    2,
    -1,
    0.5,
    true,
    [],
    {},
  ),
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, 1e9, 10_000, 10_000.1, 1e300),
  fc.constantFrom('x'.repeat(256), 'x'.repeat(257), '🔌'.repeat(256), '🔌'.repeat(257)),
  fc.jsonValue({ maxDepth: 1 }),
)

describe.each(WIRES)('%s', (name, wire) => {
  const objects = fc.record(
    Object.fromEntries(Object.keys(wire.properties).map((property) => [property, values])),
    { requiredKeys: [] },
  )
  const twin = () => bundledSchemas[name as 'FlatEvse']

  it('holds and refuses the same, and names the same field', () => {
    fc.assert(
      fc.property(fc.oneof(objects, values), (value) => {
        const holds = wire.holds(value)
        expect(twin().holds(value)).toBe(holds)
        if (holds || typeof value !== 'object' || value === null || Array.isArray(value)) return
        const object = value as Record<string, unknown>
        expect(bundledField.firstBroken(wire.properties, object)).toEqual(
          brokenField.firstBroken(wire.properties, object),
        )
      }),
      { numRuns: 200 },
    )
  })
})

it('has no check of a schema that is not the wire’s, and says so', () => {
  const other = { type: 'string', maxLength: 7 }
  expect(() => bundledField.firstBroken({ other }, { other: 1 })).toThrow('made without the check of')
})

it('is written the same each time', () => {
  expect(schemaChecksModule()).toBe(schemaChecksModule())
})
