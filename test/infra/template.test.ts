import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ingestRules } from '../../infra/ingest-rule-list.ts'
import { STAGES } from '../../infra/stages.ts'
import { grantsOf } from './grants.ts'
import { evaluateTemplate } from './iot-sql.ts'
import { rulesOf } from './rule-engine.ts'
import { ACCESS_RULES } from './rules-on-access.ts'
import { INGEST_RULES } from './rules-on-ingest.ts'
import { STORE_RULES } from './rules-on-stores.ts'
import { synthesise } from './synthesise.ts'
import { at, ofType, textOf } from './template.ts'

const RULES = [...INGEST_RULES, ...STORE_RULES, ...ACCESS_RULES]
const RUNBOOK = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'runbook.md'), 'utf8')

describe.each(STAGES.map(({ name }) => name))('the template of stage %s', (stage) => {
  beforeAll(() => void synthesise(stage), 120_000)

  it.each(RULES.map((rule) => [rule.name, rule] as const))('keeps: %s', (_, { check }) => {
    expect(check(synthesise(stage))).toEqual([])
  })

  it.each(RULES.map((rule) => [rule.name, rule] as const))('would be found broken: %s', (_, rule) => {
    const synthesised = synthesise(stage)
    rule.broken(synthesised)
    expect(rule.check(synthesised).join('\n')).toContain(rule.says)
  })

  it('has a section in the runbook for every alarm, and no other', () => {
    const { template, stage: of } = synthesise(stage)
    const alarms = ofType(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties)
    const sections = [...RUNBOOK.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(alarms.map(({ AlarmName }) => String(AlarmName).slice(of.prefix.length)).toSorted()).toEqual(
      sections.toSorted(),
    )
    for (const { AlarmName, AlarmDescription } of alarms)
      expect(AlarmDescription).toContain(`docs/runbook.md#${String(AlarmName).slice(of.prefix.length)}`)
  })

  it('creates the rules that the other tests run', () => {
    const { template, stage: of } = synthesise(stage)
    const listed = ingestRules(of.prefix).map(({ name, sql, partition_key }) => ({
      name,
      sql,
      partition_key,
    }))
    expect(rulesOf(template)).toEqual(listed)
  })

  it('keeps what the stream refused by hour and rule, each message in an object of its own', () => {
    for (const [, { Properties }] of ofType(synthesise(stage).template, 'AWS::IoT::TopicRule')) {
      const key = textOf(at(Properties, 'TopicRulePayload.ErrorAction.S3.Key'))
      const message = { topic: 'sidewalk/', payload: new Uint8Array(), now: Date.UTC(2026, 10, 2, 7, 59) }
      expect(evaluateTemplate(key, message)).toMatch(
        new RegExp(`^refused/2026/11/02/07/${Properties.RuleName}/\\d{13}-[\\da-f-]{36}\\.json$`),
      )
    }
  })

  it('has no name that the other has', () => {
    const names = ofEverything(synthesise(stage).template).filter((name) => name.includes('pilotline'))
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) expect(name).toMatch(new RegExp(`pilotline[-_]${stage}[-_]`))
  })
})

describe('a function may do what its ports do, and no more', () => {
  it('the processor', () => {
    expect(grantsOf(synthesise('small'), 'processor')).toEqual([
      'dynamodb:BatchGetItem device_state',
      'dynamodb:BatchWriteItem quarantine',
      'dynamodb:GetItem device_events',
      'dynamodb:GetItem device_lookups',
      'dynamodb:PutItem device_config',
      'dynamodb:PutItem device_events',
      'dynamodb:PutItem device_lookups',
      'dynamodb:PutItem device_state',
      'dynamodb:PutItem summaries',
      'dynamodb:Query device_lookups',
      'iot:Publish topic/ev/evse/*/downlink',
      'iot:Publish topic/ev/thermostat/*/downlink',
      'kinesis:DescribeStream events',
      'kinesis:DescribeStreamSummary events',
      'kinesis:GetRecords events',
      'kinesis:GetShardIterator events',
      'kinesis:ListShards events',
      'kinesis:PutRecords events',
      'logs:CreateLogStream /aws/lambda/processor',
      'logs:PutLogEvents /aws/lambda/processor',
      's3:ListBucket FailuresBucket',
      's3:PutObject FailuresBucket/aws/lambda/*',
    ])
  })

  it('the sweep', () => {
    expect(grantsOf(synthesise('small'), 'sweep')).toEqual([
      'dynamodb:BatchGetItem device_state',
      'dynamodb:Query device_state/index/DueIndex',
      'kinesis:PutRecords events',
      'logs:CreateLogStream /aws/lambda/sweep',
      'logs:PutLogEvents /aws/lambda/sweep',
    ])
  })

  it('the API reads, writes to the stream, and commands devices', () => {
    const grants = grantsOf(synthesise('small'), 'api')
    const writes = grants.filter(
      (grant) =>
        !/^(dynamodb:(GetItem|BatchGetItem|Query)|logs:\w+|glue:Get\w+|s3:(Get|List)\w+) /.test(grant),
    )
    expect(writes).toEqual([
      ...['GetQueryExecution', 'GetQueryResults', 'StartQueryExecution', 'StopQueryExecution'].map(
        (action) => `athena:${action} workgroup/questions`,
      ),
      'iot:Publish topic/ev/evse/*/downlink',
      'iot:Publish topic/ev/thermostat/*/downlink',
      'kinesis:PutRecords events',
      ...['s3:AbortMultipartUpload', 's3:PutObject'].map((action) => `${action} ArchiveAnswers/*`),
    ])
    expect(grants).not.toContain('dynamodb:GetItem night_tasks')
    expect(grants).toContain('dynamodb:Query device_events/index/LocationTimeIndex')
  })
})

describe('the runbook', () => {
  it('leads only where there is something', () => {
    const anchors = new Set([...RUNBOOK.matchAll(/^## (.+)$/gm)].map(([, heading]) => `#${heading}`))
    for (const [, anchor] of RUNBOOK.matchAll(/\]\((#[^)]*)\)/g)) expect(anchors).toContain(anchor)
  })
})

/** The names that resources have in the account. */
function ofEverything(template: Parameters<typeof ofType>[0]): string[] {
  return Object.values(template.Resources).flatMap(({ Properties }) =>
    Object.entries(Properties ?? {}).flatMap(([key, value]) =>
      /Name$/.test(key) && typeof value === 'string' ? [value] : [],
    ),
  )
}
