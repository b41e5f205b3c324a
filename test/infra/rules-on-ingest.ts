/** What every template must keep about the way of a message from the broker to the processor. */
import { AWS_VARIABLES } from '../../adapters/aws-names.ts'
import { TOPIC_FILTERS } from '../../events/topics.ts'
import { REFUSED_FOLDER } from '../../infra/failure-bucket.ts'
import { partitionKeyFlaw } from '../../infra/partition-key-lint.ts'
import { at, firstOf, listOf, ofType, type Properties, textOf } from './template.ts'
import { breaking, each, type TemplateRule } from './template-rule.ts'

const RULE = 'AWS::IoT::TopicRule'
const MAPPING = 'AWS::Lambda::EventSourceMapping'
const FUNCTION = 'AWS::Lambda::Function'
const ACTION = 'TopicRulePayload.Actions.0.Kinesis'

export const INGEST_RULES: readonly TemplateRule[] = [
  {
    name: 'there is one rule for each topic filter',
    check: ({ template }) => {
      const filters = ofType(template, RULE).map(([, { Properties }]) => filterOf(Properties))
      const all = filters.toSorted().join() === TOPIC_FILTERS.toSorted().join()
      return all ? [] : [`rules listen on ${filters.join(', ')}`]
    },
    broken: breaking(RULE, 'TopicRulePayload.Sql', "SELECT * FROM 'ev/#'"),
    says: 'rules listen on ev/#',
  },
  {
    name: 'the partition key of a rule is the device’s id',
    check: each(RULE, (rule) => partitionKeyFlaw(textOf(at(rule, `${ACTION}.PartitionKey`)), filterOf(rule))),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a substitution template
    broken: breaking(RULE, `${ACTION}.PartitionKey`, '${newuuid()}'),
    says: 'newuuid() is not the device’s id',
  },
  {
    name: 'a rule filters nothing, and does one thing',
    check: each(RULE, ({ TopicRulePayload: rule }) => [
      /\bWHERE\b/i.test(textOf(at(rule, 'Sql'))) && 'filters',
      listOf(at(rule, 'Actions')).length !== 1 && 'does more than one thing',
    ]),
    broken: breaking(RULE, 'TopicRulePayload.Sql', "SELECT * FROM 'sidewalk/#' WHERE pilot_state = 'C'"),
    says: 'filters',
  },
  {
    name: 'a rule is on, and speaks the SQL that knows encode',
    check: each(RULE, ({ TopicRulePayload: rule }) => [
      at(rule, 'RuleDisabled') !== false && 'is off',
      at(rule, 'AwsIotSqlVersion') !== '2016-03-23' && `speaks ${at(rule, 'AwsIotSqlVersion')}`,
    ]),
    broken: breaking(RULE, 'TopicRulePayload.AwsIotSqlVersion', '2015-10-08'),
    says: 'speaks 2015-10-08',
  },
  {
    name: 'a rule keeps what the stream refuses, each message under a name of its own',
    check: each(RULE, (rule) => {
      const key = textOf(at(rule, 'TopicRulePayload.ErrorAction.S3.Key'))
      return !(key.startsWith(REFUSED_FOLDER) && key.includes('newuuid()')) && `keeps under ${key}`
    }),
    broken: breaking(RULE, 'TopicRulePayload.ErrorAction'),
    says: 'keeps under undefined',
  },
  {
    name: 'the rules and the functions name the same stream',
    check: ({ template }) => {
      const stream = firstOf(template, 'AWS::Kinesis::Stream').Properties.Name
      const byRules = ofType(template, RULE).map(([, rule]) => at(rule.Properties, `${ACTION}.StreamName`))
      const byFunctions = ofType(template, FUNCTION).map(([, lambda]) =>
        at(lambda.Properties, `Environment.Variables.${AWS_VARIABLES.stream}`),
      )
      return [...byRules, ...byFunctions]
        .filter((name) => name !== stream)
        .map((name) => `${name} is not ${stream}`)
    },
    broken: breaking(FUNCTION, `Environment.Variables.${AWS_VARIABLES.stream}`, 'another'),
    says: 'another is not pilotline-',
  },
  {
    name: 'every consumer splits, counts, ages and keeps what fails',
    check: each(MAPPING, (mapping, { stage }) => {
      const { BisectBatchOnFunctionError, MaximumRetryAttempts, MaximumRecordAgeInSeconds: age_s } = mapping
      return [
        BisectBatchOnFunctionError !== true && 'does not bisect',
        !(Number(MaximumRetryAttempts) >= 0) && 'tries for ever',
        !(Number(age_s) > 0) && 'has no maximum age',
        Number(age_s) >= stage.stream.retention_h * 3_600 && 'lets records expire before it gives them up',
        at(mapping, 'DestinationConfig.OnFailure.Destination') === undefined && 'keeps nothing',
      ]
    }),
    broken: breaking(MAPPING, 'MaximumRetryAttempts'),
    says: 'tries for ever',
  },
  {
    name: 'what a consumer gives up goes to a bucket, which keeps the payload',
    check: each(MAPPING, (mapping, { template }) => {
      const to = textOf(at(mapping, 'DestinationConfig.OnFailure.Destination'))
      return ofType(template, 'AWS::S3::Bucket').every(([id]) => to !== `<${id}.Arn>`) && `${to} is no bucket`
    }),
    broken: breaking(MAPPING, 'DestinationConfig.OnFailure.Destination', 'arn:aws:sqs:eu-central-1:1:queue'),
    says: 'is no bucket',
  },
  {
    name: 'a consumer may fail by the record, and begins at the beginning',
    check: each(MAPPING, ({ FunctionResponseTypes, StartingPosition }) => [
      !listOf(FunctionResponseTypes).includes('ReportBatchItemFailures') && 'fails whole',
      StartingPosition !== 'TRIM_HORIZON' && 'skips what is there',
    ]),
    broken: breaking(MAPPING, 'FunctionResponseTypes'),
    says: 'fails whole',
  },
]

function filterOf(rule: Properties): string {
  return /FROM '([^']*)'/.exec(textOf(at(rule, 'TopicRulePayload.Sql')))?.[1] ?? ''
}
