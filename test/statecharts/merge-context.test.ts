import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contextMerger } from '../../statecharts/merge-context.ts'

const names = fc.constantFrom('session', 'before', 'n', 'trace', '7', '__proto', 'limits')
const fields = fc.dictionary(names, fc.integer(), { noNullPrototype: true })
const updates = fc.oneof(fields, fc.constantFrom(undefined, null))

/** Order of fields included: it is what a store keeps. */
const text = (value: object) => JSON.stringify(value)

test('whatever went before, a context and its update give what Object.assign gives', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fields, updates)), (assigns) => {
      const merge = contextMerger()
      for (const [context, update] of assigns) {
        const expected = Object.assign({}, context, update)
        expect(text(merge(context, update as never))).toBe(text(expected))
        const whole = { ...context, ...update }
        expect(text(merge(context, whole))).toBe(text(whole))
        expect(merge(context, whole)).not.toBe(whole)
      }
    }),
  )
})

test('what an update inherits is no field of it', () => {
  const merge = contextMerger()
  const inherited = Object.create({ a: 5, b: 6 })
  expect(merge({ a: 1, b: 2 }, inherited)).toEqual({ a: 1, b: 2 })
})

test('a whole update is another object than the one that the chart holds', () => {
  const context = { a: 1 }
  const merge = contextMerger()
  expect(merge(context, context)).not.toBe(context)
})
