/**
 * Device types whose messages are flat and told by one schema: the name, and what a message may hold beside its envelope.
 * A new device type is a line here, and one in statecharts/device-charts.ts; docs/add-a-chart.md walks through it.
 */
import type { TSchema } from 'typebox'

/** Fields by their wire names, each with its schema. A name is of small letters, digits and _. */
export type DescribedFields = Record<string, TSchema>

export const DESCRIBED = {
  // type: fields,
} as const satisfies Record<string, DescribedFields>

export type DescribedType = keyof typeof DESCRIBED & string

export const DESCRIBED_TYPES = Object.keys(DESCRIBED) as DescribedType[]

export function describedFields(type: DescribedType): DescribedFields {
  return DESCRIBED[type]
}
