/** What a device's certificate lets it do: connect as its thing, say things under its own name, and hear its own commands. */
import { CfnOutput, Stack } from 'aws-cdk-lib'
import { CfnPolicy } from 'aws-cdk-lib/aws-iot'
import { Construct } from 'constructs'
import { SPELT_DEVICE_TYPES } from '../events/schemas.ts'
import { downlinkTopic, telemetryTopic } from '../events/topics.ts'
import { basicIngestTopic, type IngestRule } from './ingest-rule-list.ts'
import type { Stage } from './stages.ts'

/** AWS IoT puts the name of the thing there that the certificate is attached to. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable of AWS IoT
const THING = '${iot:Connection.Thing.ThingName}'
/** An id that no encoding touches, to find the place of the id in a topic. */
const ANY = 'anything'

export class DevicePolicy extends Construct {
  constructor(scope: Construct, id: string, stage: Stage, rules: readonly IngestRule[]) {
    super(scope, id)
    const policyName = `${stage.prefix}device`
    const arns = (kind: string, names: string[]) =>
      names.map((name) =>
        Stack.of(this).formatArn({ service: 'iot', resource: kind, resourceName: name.replace(ANY, THING) }),
      )
    const published = SPELT_DEVICE_TYPES.flatMap((type) => {
      const topic = telemetryTopic(type, ANY)
      const rule = ruleOf(rules, topic)
      return [topic, basicIngestTopic(rule.name, topic)]
    })
    const heard = SPELT_DEVICE_TYPES.map((type) => downlinkTopic(type, ANY))
    const attached = { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } }
    new CfnPolicy(this, 'Policy', {
      policyName,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'iot:Connect', Resource: arns('client', [ANY]), Condition: attached },
          { Effect: 'Allow', Action: 'iot:Publish', Resource: arns('topic', published) },
          { Effect: 'Allow', Action: 'iot:Subscribe', Resource: arns('topicfilter', heard) },
          { Effect: 'Allow', Action: 'iot:Receive', Resource: arns('topic', heard) },
        ],
      },
    })
    new CfnOutput(this, 'Name', { value: policyName })
  }
}

function ruleOf(rules: readonly IngestRule[], topic: string): IngestRule {
  const rule = rules.find(({ topic_filter }) => topic_filter.replace('+', ANY) === topic)
  if (!rule) throw new Error(`no rule takes ${topic}`)
  return rule
}
