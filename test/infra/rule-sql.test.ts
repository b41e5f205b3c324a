import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ingestRules } from '../../infra/ingest-rule-list.ts'

const GOLDEN = join(import.meta.dirname, 'rules.golden.sql')

/** Every rule as a person reads it in a review. `GOLDEN=write npx vitest run test/infra/rule-sql.test.ts` writes it anew. */
function asText(): string {
  return ingestRules('pilotline-small-')
    .map(({ name, sql, partition_key }) => `-- ${name}\n${sql}\n-- partition key\n${partition_key}\n`)
    .join('\n')
}

describe('the rules’ SQL', () => {
  it('is what was last read and found good', () => {
    if (process.env.GOLDEN === 'write') writeFileSync(GOLDEN, asText())
    const golden = existsSync(GOLDEN) ? readFileSync(GOLDEN, 'utf8') : ''
    expect(asText()).toBe(golden)
  })
})
