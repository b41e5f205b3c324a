/** An action of a model → an action of the chart: its name, and the assign or the emit that it is. */
import { BadExpression } from './expression.ts'
import { expressionCode, type Mentioned, quote } from './expression-code.ts'
import { isObject, type JsonObject, type ModelAction, shown } from './model.ts'
import { brief } from './names.ts'

export type ActionCode = { name: string; code: string; sets: string | null }

/** Actions on other services; what they ask is decided, with their parameters and their payload. */
const SERVICES = [
  'sns',
  'lambda',
  'sqs',
  'iotTopicPublish',
  'iotEvents',
  'iotSiteWise',
  'firehose',
  'dynamoDB',
  'dynamoDBv2',
]
/** Parameters that are never expressions. */
const LITERAL = ['targetArn', 'functionArn', 'queueUrl', 'inputName', 'deliveryStreamName', 'separator']
/** Of a service, which parameter a person knows an action by. */
const TELLING = [...LITERAL, 'mqttTopic', 'tableName', 'propertyAlias', 'propertyId', 'assetId']

/** Throws BadExpression, with the name of what has no counterpart. */
export function actionCode({ type, parameters }: ModelAction, mentioned: Mentioned): ActionCode {
  if (type === 'setVariable') return setVariable(parameters, mentioned)
  if (type === 'setTimer') return setTimer(parameters, mentioned)
  if (type === 'resetTimer' || type === 'clearTimer') return otherTimer(type, parameters, mentioned)
  // Published models write it so too.
  if (type === 'destroyTimer') return otherTimer('clearTimer', parameters, mentioned)
  if (SERVICES.includes(type)) return service(type, parameters, mentioned)
  throw new BadExpression(`the action ${type} has no counterpart`)
}

/** `read` where it is used, nothing where it is not. */
export function reading(code: string, reads: boolean): string {
  return `${reads ? '(read)' : '()'} => ${code.startsWith('{') ? `(${code})` : code}`
}

function setVariable(parameters: JsonObject, mentioned: Mentioned): ActionCode {
  known('setVariable', parameters, ['variableName', 'value'])
  const name = textOf('setVariable', parameters, 'variableName')
  const value = scalarOf('setVariable', parameters, 'value')
  mentioned.variables.add(name)
  const { code, reads } = expressionCode(value, mentioned)
  return {
    name: brief(`${name} = ${value}`),
    code: `assign(({ context }) => run.setVariable(context, ${quote(name)}, ${reading(code, reads)}))`,
    sets: null,
  }
}

function setTimer(parameters: JsonObject, mentioned: Mentioned): ActionCode {
  known('setTimer', parameters, ['timerName', 'seconds', 'durationExpression'])
  const name = textOf('setTimer', parameters, 'timerName')
  const { seconds, durationExpression } = parameters
  if (seconds != null && durationExpression != null)
    throw new BadExpression(`setTimer ${name} has both seconds and durationExpression`)
  const length = scalarOf('setTimer', parameters, seconds == null ? 'durationExpression' : 'seconds')
  if (/^[\d.]+$/.test(length) && Number(length) < 1)
    throw new BadExpression(`setTimer ${name}: ${length} seconds are less than one`)
  mentioned.timers.add(name)
  const { code, reads } = expressionCode(length, mentioned)
  return {
    name: brief(`set ${name} to ${length} s`),
    code: `assign(({ context }) => run.setTimer(context, ${quote(name)}, ${reading(code, reads)}))`,
    sets: name,
  }
}

function otherTimer(type: string, parameters: JsonObject, mentioned: Mentioned): ActionCode {
  known(type, parameters, ['timerName'])
  const name = textOf(type, parameters, 'timerName')
  mentioned.timers.add(name)
  return {
    name: `${type === 'resetTimer' ? 'reset' : 'clear'} ${name}`,
    code: `assign(({ context }) => run.${type}(context, ${quote(name)}))`,
    sets: type === 'resetTimer' ? name : null,
  }
}

function service(type: string, parameters: JsonObject, mentioned: Mentioned): ActionCode {
  const { payload, ...others } = parameters
  const given = parametersCode(others, '', mentioned)
  const content = payload == null ? '' : `, ${contentCode(type, payload, mentioned)}`
  const target = TELLING.map((key) => others[key]).find((value) => typeof value === 'string') as
    | string
    | undefined
  return {
    name: brief(`${type} ${called(target ?? '')}`.trim()),
    code: `emit(({ context }) => action(detector, context, ${quote(type)}, ${reading(given, given.includes('read.'))}${content}))`,
    sets: null,
  }
}

/** An ARN and a queue are known by their last part. */
function called(target: string): string {
  if (target.startsWith('arn:')) return target.split(':').at(-1) as string
  return /^https?:/.test(target) ? (target.split('/').at(-1) as string) : target
}

function contentCode(type: string, payload: unknown, mentioned: Mentioned): string {
  if (!isObject(payload)) throw new BadExpression(`${type}: the payload ${shown(payload)} is no object`)
  known(`${type}.payload`, payload, ['contentExpression', 'type'])
  const kind = String(payload.type ?? 'STRING').toUpperCase()
  if (kind !== 'STRING' && kind !== 'JSON')
    throw new BadExpression(`${type}: the payload's type ${shown(payload.type)} is neither STRING nor JSON`)
  const { code, reads } = expressionCode(scalarOf(type, payload, 'contentExpression'), mentioned)
  return `{ type: ${quote(kind)}, content: ${reading(code, reads)} }`
}

function parametersCode(value: unknown, key: string, mentioned: Mentioned): string {
  if (Array.isArray(value)) return `[${value.map((one) => parametersCode(one, key, mentioned)).join(', ')}]`
  if (isObject(value)) {
    const fields = Object.entries(value)
    return `{ ${fields.map(([name, one]) => `${keyCode(name)}: ${parametersCode(one, name, mentioned)}`).join(', ')} }`
  }
  if (typeof value !== 'string' || LITERAL.includes(key)) return quote(value)
  if (!/^\s*['"]|\$input\.|\$variable\.|\$\{/.test(value)) return quote(value)
  // A topic with values in it is a template, whether it stands in quotes or not.
  const expression = value.includes('${') && !/^\s*['"]/.test(value) ? `'${value}'` : value
  return `parameter(() => ${expressionCode(expression, mentioned).code})`
}

export function keyCode(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quote(name)
}

function known(action: string, parameters: JsonObject, names: string[]): void {
  const others = Object.keys(parameters).filter((name) => !names.includes(name))
  if (others.length > 0) throw new BadExpression(`${action}: ${others.join(', ')} has no counterpart`)
}

function textOf(action: string, parameters: JsonObject, name: string): string {
  const value = parameters[name]
  if (typeof value !== 'string' || value === '')
    throw new BadExpression(`${action}: ${name} is ${shown(value)}, which is no name`)
  return value
}

/** An expression; a number or a Boolean stands for itself. */
function scalarOf(action: string, parameters: JsonObject, name: string): string {
  const value = parameters[name]
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value == null) throw new BadExpression(`${action}: ${name} is missing`)
  return textOf(action, parameters, name)
}
