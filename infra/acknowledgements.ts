/** Findings of cdk-nag that stand, each with its place and its reason. Nothing is acknowledged anywhere else. */
import { type CfnElement, type Stack, Validations } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { GIVEN_UP_FOLDER } from '../adapters/aws-names.ts'
import { DOWNLINK_TOPICS } from './downlink-topics.ts'
import { REFUSED_FOLDER } from './failure-bucket.ts'

export type Acknowledged = {
  /** Of the construct, within the stack; what is under it is meant too. */
  path: string
  /** The finding's id, exactly: another wildcard at the same place is another finding. */
  id: string
  reason: string
}

export function acknowledgements(stack: Stack): Acknowledged[] {
  const bucket = childOf(stack, 'Failures/Bucket').node.defaultChild as CfnElement
  const failures = `<${stack.getLogicalId(bucket)}.Arn>`
  return [
    ...commands('Consumer/Processor/Role'),
    ...commands('Api/Handler/Role'),
    {
      path: 'Ingest/Role',
      id: `AwsSolutions-IAM5[Resource::${failures}/${REFUSED_FOLDER}*]`,
      reason:
        'An object for each message that the stream refused: names are made as they come, within one folder of one bucket, and the role may only put.',
    },
    {
      path: 'Consumer/Processor/Role',
      id: `AwsSolutions-IAM5[Resource::${failures}/${GIVEN_UP_FOLDER}*]`,
      reason:
        'Lambda itself names the objects of a batch that it gives up, by mapping, shard and time, within this folder; the role may only put.',
    },
  ]
}

/** What a function that tells devices the time is found with. */
function commands(path: string): Acknowledged[] {
  const topics = 'arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>:topic'
  return DOWNLINK_TOPICS.map((topic) => ({
    path,
    id: `AwsSolutions-IAM5[Resource::${topics}/${topic}]`,
    reason:
      'One topic for each device, whose ids are not known here: the wildcard stands for the id, and the topic for commands to it.',
  }))
}

export function acknowledgeAll(stack: Stack): void {
  for (const { path, id, reason } of acknowledgements(stack))
    Validations.of(childOf(stack, path)).acknowledge({ id, reason })
}

function childOf(stack: Stack, path: string): Construct {
  return path.split('/').reduce((scope: Construct, child) => scope.node.findChild(child) as Construct, stack)
}
