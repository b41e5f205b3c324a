/**
 * Refuses a partition key that is not the device's id. `newuuid()` and `timestamp()`, which the guides' examples show, put
 * a device's messages on any shard in any order; a constant puts the fleet on one.
 */
import { BadSql, type Expression, parseExpression } from './iot-sql-syntax.ts'

/** Fields of a payload that say whose it is. */
const ID_FIELDS = ['device_id', 'WirelessDeviceId']

/** What an expression may come to: the device's id, the whole topic (where nothing else names a device), or worse. */
type Leaf = 'id' | 'topic' | { flaw: string }

/** What is wrong with the template as the key of a rule on this topic filter, or null. Pure. */
export function partitionKeyFlaw(template: string, topic_filter: string): string | null {
  const inside = /^\$\{([^{}]*)\}$/.exec(template)?.[1]
  if (inside === undefined) return `${template}: is not one substitution template and nothing else`
  let expression: Expression
  try {
    expression = parseExpression(inside)
  } catch (error) {
    if (error instanceof BadSql) return error.message
    throw error
  }
  const leaves = leavesOf(expression, topic_filter)
  const worst = leaves.find((leaf) => typeof leaf === 'object')
  if (worst) return worst.flaw
  return leaves.includes('id') ? null : 'topic() alone: name the segment that holds the device’s id'
}

function leavesOf(expression: Expression, topic_filter: string): Leaf[] {
  const leaves = (of: Expression | undefined) => (of ? leavesOf(of, topic_filter) : [flaw('nothing')])
  switch (expression.kind) {
    case 'case': {
      if (!expression.otherwise) return [{ flaw: 'a CASE without ELSE may come to nothing' }]
      return [...expression.when.map(({ result }) => result), expression.otherwise].flatMap(leaves)
    }
    case 'call':
      if (expression.name === 'substring') return leaves(expression.args[0])
      if (expression.name === 'nanvl') return expression.args.flatMap(leaves)
      return [leafOfCall(expression.name, expression.args, topic_filter)]
    case 'name':
      return [idField(expression.path.join('.'))]
    case 'literal':
      return [flaw(`the constant ${JSON.stringify(expression.value)}`)]
    default:
      return [flaw('a calculation')]
  }
}

function leafOfCall(name: string, args: Expression[], topic_filter: string): Leaf {
  const [first, second] = args
  if (name === 'topic') return first ? segment(first, topic_filter) : 'topic'
  if (name === 'get' && isMessage(first) && second?.kind === 'literal') return idField(String(second.value))
  return flaw(`${name}()`)
}

function segment(number: Expression, topic_filter: string): Leaf {
  const at = number.kind === 'literal' ? Number(number.value) - 1 : -1
  const level = topic_filter.split('/')[at]
  return level === '+' || level === '#' ? 'id' : flaw(`topic(${at + 1}) of ${topic_filter}`)
}

function idField(name: string): Leaf {
  return ID_FIELDS.includes(name) ? 'id' : flaw(`the field ${name}`)
}

/** `decode(encode(*, 'base64'), 'base64')`: the payload itself. */
function isMessage(expression: Expression | undefined): boolean {
  if (expression?.kind !== 'call' || expression.name !== 'decode') return false
  const encoded = expression.args[0]
  return encoded?.kind === 'call' && encoded.name === 'encode' && encoded.args[0]?.kind === 'star'
}

function flaw(what: string): { flaw: string } {
  return { flaw: `${what} is not the device’s id` }
}
