/** The AWS IoT rules: from the message broker, or by Basic Ingest, to the stream. */
import { CfnOutput, Stack } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot'
import { Construct } from 'constructs'
import type { EventStream } from './event-stream.ts'
import { type FailureBucket, REFUSED_FOLDER } from './failure-bucket.ts'
import { type IngestRule, ingestRules } from './ingest-rule-list.ts'
import { partitionKeyFlaw } from './partition-key-lint.ts'
import type { Stage } from './stages.ts'

export type IngestRulesProps = { stage: Stage; log: EventStream; failures: FailureBucket }

export class IngestRules extends Construct {
  readonly rules: IngestRule[]

  constructor(scope: Construct, id: string, { stage, log, failures }: IngestRulesProps) {
    super(scope, id)
    this.rules = ingestRules(stage.prefix)
    const role = this.roleOf(log, failures)
    for (const rule of this.rules) this.create(rule, role, log, failures)
    new CfnOutput(this, 'Rules', { value: this.rules.map(({ name }) => name).join(' ') })
  }

  private roleOf({ stream }: EventStream, { bucket }: FailureBucket): Role {
    const put = new PolicyStatement({ actions: ['kinesis:PutRecord'], resources: [stream.streamArn] })
    const keep = new PolicyStatement({
      actions: ['s3:PutObject'],
      resources: [`${bucket.bucketArn}/${REFUSED_FOLDER}*`],
    })
    return new Role(this, 'Role', {
      // Rules of this account, and of no other that names this role.
      assumedBy: new ServicePrincipal('iot.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: { ingest: new PolicyDocument({ statements: [put, keep] }) },
    })
  }

  private create(rule: IngestRule, { roleArn }: Role, log: EventStream, { bucket }: FailureBucket): void {
    const flaw = partitionKeyFlaw(rule.partition_key, rule.topic_filter)
    if (flaw) throw new Error(`${rule.name}: ${flaw}`)
    new CfnTopicRule(this, rule.name, {
      ruleName: rule.name,
      topicRulePayload: {
        description: `${rule.topic_filter} to the stream, each message whole and with a verdict`,
        awsIotSqlVersion: '2016-03-23',
        sql: rule.sql,
        ruleDisabled: false,
        actions: [{ kinesis: { roleArn, streamName: log.stream_name, partitionKey: rule.partition_key } }],
        errorAction: { s3: { roleArn, bucketName: bucket.bucketName, key: refusedKey(rule) } },
      },
    })
  }
}

/** One object a message, which no other overwrites, found by the hour of the refusal and the rule. */
function refusedKey({ name }: IngestRule): string {
  return `${REFUSED_FOLDER}\${parse_time('yyyy/MM/dd/HH', timestamp(), 'UTC')}/${name}/\${timestamp()}-\${newuuid()}.json`
}
