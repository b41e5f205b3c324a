/** Findings of cdk-nag that stand, each with its place and its reason. Nothing is acknowledged anywhere else. */
import { type CfnElement, type Stack, Validations } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { GIVEN_UP_FOLDER } from '../adapters/aws-names.ts'
import { LANDING } from '../events/archive.ts'
import { DOWNLINK_TOPICS } from './downlink-topics.ts'
import { REFUSED_FOLDER } from './failure-bucket.ts'
import { NIGHT_STEPS } from './night-steps.ts'

export type Acknowledged = {
  /** Of the construct, within the stack; what is under it is meant too. */
  path: string
  /** The finding's id, exactly: another wildcard at the same place is another finding. */
  id: string
  reason: string
}

export function acknowledgements(stack: Stack): Acknowledged[] {
  const arnOf = (path: string) =>
    `<${stack.getLogicalId(childOf(stack, path).node.defaultChild as CfnElement)}.Arn>`
  const failures = arnOf('Failures/Bucket')
  return [
    ...commands('Consumer/Processor/Role'),
    ...commands('Api/Handler/Role'),
    {
      path: 'Ingest/Role',
      id: `AwsSolutions-IAM5[Resource::${failures}/${REFUSED_FOLDER}*]`,
      reason:
        'An object for each message that the stream refused: names are made as they come, within one folder of one bucket, and the role may only put.',
    },
    ...['Consumer/Processor/Role', 'Archiving/Archiver/Role', 'Expired/Watcher/Role'].map((path) => ({
      path,
      id: `AwsSolutions-IAM5[Resource::${failures}/${GIVEN_UP_FOLDER}*]`,
      reason:
        'Lambda itself names the objects of a batch that it gives up, by mapping, shard and time, within this folder; the role may only put.',
    })),
    ...archive(arnOf('Archive/Bucket')),
    {
      path: 'Api/Handler/Role',
      id: `AwsSolutions-IAM5[Resource::${arnOf('Archive/Answers')}/*]`,
      reason:
        'Athena names its answers by the question, in a bucket that holds nothing else and for a day; it puts and reads them with the rights of whoever asks.',
    },
    {
      path: 'Night/Machine',
      id: 'AwsSolutions-SF1',
      reason:
        'Step Functions itself keeps the history of every execution for 90 days. A log of its own would need a role over every log delivery of the account.',
    },
    {
      path: 'Night/Machine',
      id: 'AwsSolutions-SF2',
      reason:
        'A night is a handful of long steps, whose times are in the history; traces would add a role over all traces of the account.',
    },
  ]
}

/** Files of the archive are called by day, device and position, none of which is known here. */
function archive(bucket: string): Acknowledged[] {
  const objects = (path: string, prefixes: readonly string[], reason: string) =>
    [...new Set(prefixes)].map((prefix) => ({
      path,
      id: `AwsSolutions-IAM5[Resource::${bucket}/${prefix}*]`,
      reason,
    }))
  return [
    ...objects('Archiving/Archiver/Role', [LANDING], 'Landing files are called by the positions in them.'),
    ...objects(
      'Expired/Watcher/Role',
      ['', LANDING],
      'It reads the files of whatever day has expired, and puts landing files, called by the positions in them.',
    ),
    ...objects('Api/Handler/Role', [''], 'A question may be about any day; the role may only read.'),
    ...NIGHT_STEPS.flatMap(({ step, reads, writes, removes }) =>
      objects(
        `Night/${step}/Role`,
        [...reads, ...writes, ...removes],
        'What a step reads, makes and removes is called by day, device and batch, within these beginnings of names.',
      ),
    ),
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

/** Remarks on what the CDK itself writes. */
const REMARKS: readonly Acknowledged[] = [
  {
    path: 'Archive/Bucket',
    id: 'CloudFormation-Validate::W9003',
    reason: 'The CDK writes the least size of an object as a number, and CloudFormation takes it.',
  },
]

export function acknowledgeAll(stack: Stack): void {
  for (const { path, id, reason } of [...acknowledgements(stack), ...REMARKS])
    Validations.of(childOf(stack, path)).acknowledge({ id, reason })
}

function childOf(stack: Stack, path: string): Construct {
  return path.split('/').reduce((scope: Construct, child) => scope.node.findChild(child) as Construct, stack)
}
