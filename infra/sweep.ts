/** Once a minute somebody tells the silent devices what time it is. */

import { Stack } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { TABLES } from '../adapters/aws-names.ts'
import { BundledFunction } from './bundled-function.ts'
import type { EventStream } from './event-stream.ts'
import type { Stage } from './stages.ts'
import type { Tables } from './tables.ts'

export type SweepProps = { stage: Stage; log: EventStream; tables: Tables }

const [DUE_INDEX] = TABLES.states.indexes

export class Sweep extends Construct {
  readonly function: BundledFunction

  constructor(scope: Construct, id: string, { stage, log, tables }: SweepProps) {
    super(scope, id)
    this.function = new BundledFunction(this, 'Sweeper', {
      stage,
      name: 'sweep',
      entry: 'processors/sweep.lambda.ts',
      stream_name: log.stream_name,
      memory_mb: 256,
      timeout_s: 50,
    })
    this.function.may(['dynamodb:Query'], [tables.arn('states', DUE_INDEX.name)])
    this.function.may(['dynamodb:BatchGetItem'], [tables.arn('states')])
    this.function.may(['kinesis:PutRecords'], [log.stream.streamArn])
    this.schedule(stage)
  }

  private schedule(stage: Stage): void {
    const { functionArn } = this.function.lambda
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    })
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }))
    new CfnSchedule(this, 'Schedule', {
      name: `${stage.prefix}sweep`,
      // The least that the scheduler knows.
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        // The next minute sweeps anyway, and for whatever the last one missed.
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      },
    })
  }
}
