import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { callRules } from './tidy/calls.ts'
import { importRules } from './tidy/imports.ts'
import { reachRules } from './tidy/reach.ts'
import { shapeRules } from './tidy/shape.ts'
import { readTree, scripts, treeOf } from './tidy/tree.ts'

const rules = [...importRules, ...callRules, ...shapeRules, ...reachRules]
const ours = readTree(join(import.meta.dirname, '..'))

describe('the house rules', () => {
  it('have a house to look at', () => {
    expect(scripts(ours).length).toBeGreaterThan(50)
    expect(ours.get('events/event.ts')?.text).toContain('PILOT_STATES')
  })

  it.each(rules.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
    expect(rule.check(ours)).toEqual([])
  })
})

describe('each house rule', () => {
  it.each(rules.map((rule) => [rule.name, rule] as const))('finds where it is broken: %s', (_, rule) => {
    const [texts, says] = rule.broken
    expect(rule.check(treeOf(texts)).join('\n')).toContain(says)
  })

  it.each(rules.map((rule) => [rule.name, rule] as const))('is quiet where it is kept: %s', (_, rule) => {
    expect(rule.check(treeOf(rule.kept))).toEqual([])
  })
})
