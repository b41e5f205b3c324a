/** A synthesised template, as plain data: what the rules about templates are asked of. */
import type { Stage } from '../../infra/stages.ts'

export type Properties = Record<string, unknown>
export type Resource = { Type: string; DeletionPolicy?: string; Properties: Properties }
export type Template = { Resources: Record<string, Resource> }
export type Synthesised = { stage: Stage; template: Template }

export function ofType({ Resources }: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(Resources).filter(([, resource]) => resource.Type === type)
}

export function firstOf(template: Template, type: string): Resource {
  const first = ofType(template, type)[0]
  if (!first) throw new Error(`the template has no ${type}`)
  return first[1]
}

/** What is at a path such as `Policies.0.PolicyName`; undefined where nothing is. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce(
      (of: unknown, key) => (typeof of === 'object' && of !== null ? (of as Properties)[key] : undefined),
      value,
    )
}

/** Puts something at a path, or with `undefined` takes away what is there. */
export function put(properties: Properties, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const of = (keys.length === 0 ? properties : at(properties, keys.join('.'))) as Properties
  if (value === undefined) delete of[last]
  else of[last] = value
}

/** A value as text, references and joins included: `<LogStream.Arn>`, `<Bucket.Arn>/refused/*`. */
export function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const [key, inside] = Object.entries(value)[0] ?? ['', '']
  if (key === 'Ref') return `<${inside}>`
  if (key === 'Fn::GetAtt') return `<${(inside as string[]).join('.')}>`
  if (key === 'Fn::Join') return (inside as [string, unknown[]])[1].map(textOf).join('')
  return JSON.stringify(value)
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

export type Statement = { role: string; actions: string[]; resources: string[] }

/** What each role may do, in the role itself and in the policies that are attached to it. */
export function statementsOf(template: Template): Statement[] {
  const own = ofType(template, 'AWS::IAM::Role').flatMap(([role, { Properties }]) =>
    listOf(Properties.Policies).map((policy) => ({ role, document: at(policy, 'PolicyDocument') })),
  )
  const attached = ofType(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
    listOf(Properties.Roles).map((role) => ({
      role: textOf(role).slice(1, -1),
      document: Properties.PolicyDocument,
    })),
  )
  return [...own, ...attached].flatMap(({ role, document }) =>
    listOf(at(document, 'Statement')).map((statement) => ({
      role,
      actions: listOf(at(statement, 'Action')).map(String),
      resources: listOf(at(statement, 'Resource')).map(textOf),
    })),
  )
}
