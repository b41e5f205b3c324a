/** The rules in front of the stream: one for each topic filter, so that every message matches exactly one. */
import { TOPIC_FILTERS } from '../events/topics.ts'
import { partitionKey } from './partition-key.ts'
import { type RuleKind, ruleSql } from './rule-sql.ts'

export type IngestRule = {
  /** Letters, digits and underscores: the whole of what a rule's name may hold. */
  name: string
  topic_filter: string
  sql: string
  /** Substitution template. */
  partition_key: string
}

const KINDS: Record<string, { name: string; kind: RuleKind }> = {
  // Chargers send by radio too; what another device sends there has none of the readings that are looked at.
  'sidewalk/#': { name: 'sidewalk', kind: 'evse' },
  'ev/evse/+/telemetry': { name: 'evse', kind: 'evse' },
}

/** `prefix` is the stage's, as names on AWS have it: `pilotline-small-`. */
export function ingestRules(prefix: string): IngestRule[] {
  return TOPIC_FILTERS.map((topic_filter) => {
    const { name, kind } = KINDS[topic_filter] ?? { name: typeIn(topic_filter), kind: 'any' }
    return {
      name: `${prefix.replaceAll('-', '_')}${name}`,
      topic_filter,
      sql: ruleSql(topic_filter, kind),
      partition_key: partitionKey(topic_filter),
    }
  })
}

/** The device type of `ev/{type}/+/telemetry`. */
function typeIn(topic_filter: string): string {
  return (topic_filter.split('/')[1] ?? '').replace(/\W/g, '_')
}

/**
 * Where a device publishes to reach a rule without the message broker, which costs the rule and no messaging. It is the
 * same rule: a second one on the same filter would see every message that the broker carries twice.
 */
export function basicIngestTopic(rule: string, topic: string): string {
  return `$aws/rules/${rule}/${topic}`
}
