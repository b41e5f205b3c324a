/**
 * CloudFormation's own functions in a template, replaced by the text that they stand for: a reference to an input is the
 * input's name. What only a deployment knows (an ARN, the region) stays as `${Name}`.
 */
import { isObject, type JsonObject } from './model.ts'

const NAMES = ['InputName', 'DetectorModelName', 'TopicName', 'FunctionName', 'TableName', 'QueueName']

/** The value with every `Ref`, `Fn::Sub`, `Fn::Join` and `Fn::GetAtt` as text. */
export function resolved(value: unknown, resources: JsonObject): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, resources))
  if (!isObject(value)) return value
  const [only, ...others] = Object.entries(value)
  if (only && others.length === 0) {
    const text = textOf(only[0], only[1], resources)
    if (text !== null) return text
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, resources)]))
}

function textOf(name: string, given: unknown, resources: JsonObject): string | null {
  if (name === 'Ref' && typeof given === 'string') return referred(given, resources)
  if (name === 'Fn::GetAtt') return `\${${Array.isArray(given) ? given.join('.') : String(given)}}`
  if (name === 'Fn::Join' && Array.isArray(given) && Array.isArray(given[1]))
    return given[1].map((one) => String(resolved(one, resources))).join(String(given[0]))
  if (name === 'Fn::Sub') return substituted(given, resources)
  return null
}

/** `${!x}` is how a template writes a `${x}` that is not its own. */
function substituted(given: unknown, resources: JsonObject): string | null {
  const [text, own] = Array.isArray(given) ? given : [given, {}]
  if (typeof text !== 'string') return null
  const values = isObject(own) ? own : {}
  return text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`
    if (Object.hasOwn(values, name)) return String(resolved(values[name], resources))
    return /^[\w:.]+$/.test(name) ? referred(name, resources) : whole
  })
}

function referred(id: string, resources: JsonObject): string {
  const resource = Object.hasOwn(resources, id) ? resources[id] : null
  if (!isObject(resource)) return `\${${id}}`
  const properties = isObject(resource.Properties) ? resource.Properties : {}
  const name = NAMES.map((key) => properties[key]).find((one) => typeof one === 'string')
  return typeof name === 'string' ? name : id
}
