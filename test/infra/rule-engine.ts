/** Stands in for the AWS IoT rules engine: which rule a message reaches, and what that puts on the stream. */
import { evaluateRule, evaluateTemplate, type RuleMessage } from './iot-sql.ts'
import { at, ofType, type Template, textOf } from './template.ts'

export type EngineRule = { name: string; sql: string; partition_key: string }

/** The rules that a template creates. */
export function rulesOf(template: Template): EngineRule[] {
  return ofType(template, 'AWS::IoT::TopicRule').map(([, { Properties }]) => ({
    name: textOf(Properties.RuleName),
    sql: textOf(at(Properties, 'TopicRulePayload.Sql')),
    partition_key: textOf(at(Properties, 'TopicRulePayload.Actions.0.Kinesis.PartitionKey')),
  }))
}

/** What a Kinesis action puts. */
export type StreamPut = {
  rule: string
  partition_key: string
  /** The bytes of the record: a JSON object. */
  data: Uint8Array
}

/** Publishes to every rule that listens; by Basic Ingest (`$aws/rules/RULE/…`) to that one, whatever the topic. */
export function publishToRules(rules: readonly EngineRule[], message: RuleMessage): StreamPut[] {
  const direct = /^\$aws\/rules\/([^/]+)\/(.*)$/s.exec(message.topic)
  const reached = direct
    ? rules.filter(({ name }) => name === direct[1])
    : rules.filter(({ sql }) => matchesFilter(filterOf(sql), message.topic))
  const seen = { ...message, topic: direct ? (direct[2] as string) : message.topic }
  return reached.map(({ name, sql, partition_key }) => ({
    rule: name,
    partition_key: evaluateTemplate(partition_key, seen),
    data: new TextEncoder().encode(JSON.stringify(evaluateRule(sql, seen))),
  }))
}

/** As AWS IoT has it: `+` is one level, `#` one or more at the end. */
export function matchesFilter(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split('/'), topic.split('/')]
  if (wanted.at(-1) === '#') return levels.length >= wanted.length && matchesAll(wanted.slice(0, -1), levels)
  return levels.length === wanted.length && matchesAll(wanted, levels)
}

function matchesAll(wanted: string[], levels: string[]): boolean {
  return wanted.every((level, at) => level === '+' || level === levels[at])
}

function filterOf(sql: string): string {
  return /FROM '([^']*)'$/.exec(sql)?.[1] ?? ''
}
