import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NO_QUIRKS, QUIRK_NAMES, quirksOf, REFERENCE_QUIRKS } from '../../firmware-model/quirks.ts'

describe('quirks', () => {
  it.each(QUIRK_NAMES)('%s is in docs/firmware.md', (name) => {
    const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'firmware.md'), 'utf8')
    expect(docs).toContain(`| \`${name}\` |`)
  })

  it('a choice of some leaves the others off', () => {
    expect(quirksOf({ keeps_stale_duty: true })).toEqual({ ...NO_QUIRKS, keeps_stale_duty: true })
    expect(quirksOf('reference')).toBe(REFERENCE_QUIRKS)
    expect(quirksOf('none')).toBe(NO_QUIRKS)
  })
})
