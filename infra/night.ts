/** The night: its functions, the state machine that calls them, which is the embedded home's own, and its hour. */
import { readFileSync } from 'node:fs'
import { ArnFormat, CfnOutput, Stack } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ARCHIVE_VARIABLES, NIGHT_VARIABLES, nightName } from '../adapters/aws-names.ts'
import type { ArchiveBucket } from './archive-bucket.ts'
import { BundledFunction } from './bundled-function.ts'
import type { EventStream } from './event-stream.ts'
import { NIGHT_STEPS, type NightStepShape, REMEMBERS } from './night-steps.ts'
import type { Stage } from './stages.ts'
import { READS_OF_STREAM } from './stream-mapping.ts'
import type { Tables } from './tables.ts'

export type NightProps = { stage: Stage; log: EventStream; tables: Tables; archive: ArchiveBucket }

const DEFINITION = new URL('../workflows/nightly.asl.json', import.meta.url)
/** As long as a function may take. */
const TIMEOUT_S = 900
/** For steps that only move files about. */
const LIGHT_MB = 512

export class Night extends Construct {
  readonly state_machine_arn: string
  private readonly props: NightProps

  constructor(scope: Construct, id: string, props: NightProps) {
    super(scope, id)
    this.props = props
    const { stage } = props
    const name = nightName(stage.prefix)
    // By its name: its functions must know it before it is there.
    this.state_machine_arn = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    const functions = NIGHT_STEPS.map((shape) => [shape.step, this.step(shape)] as const)
    const role = this.roleFor('MachineRole', 'states.amazonaws.com')
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: functions.map(([, { lambda }]) => lambda.functionArn),
      }),
    )
    const machine = new CfnStateMachine(this, 'Machine', {
      stateMachineName: name,
      stateMachineType: 'STANDARD',
      definitionString: readFileSync(DEFINITION, 'utf8'),
      definitionSubstitutions: Object.fromEntries(
        functions.map(([step, { lambda }]) => [`${step}Function`, lambda.functionArn]),
      ),
      roleArn: role.roleArn,
    })
    machine.node.addDependency(role)
    this.schedule(machine)
    new CfnOutput(this, 'Nights', { value: machine.ref })
  }

  private roleFor(id: string, service: string): Role {
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } }
    return new Role(this, id, { assumedBy: new ServicePrincipal(service, { conditions }) })
  }

  private step(shape: NightStepShape): BundledFunction {
    const { stage, log, archive } = this.props
    const { memory_mb, storage_mb } = stage.night
    const { step, handler, storage } = shape
    const to = new BundledFunction(this, step, {
      stage,
      name: `night-${handler}`,
      entry: 'workflows/night.lambda.ts',
      handler,
      stream_name: log.stream_name,
      environment: {
        [ARCHIVE_VARIABLES.archive_bucket]: archive.bucket.bucketName,
        [NIGHT_VARIABLES.night]: this.state_machine_arn,
      },
      memory_mb: storage === null ? LIGHT_MB : memory_mb,
      ...(storage !== null && { storage_mb: storage_mb[storage] }),
      timeout_s: TIMEOUT_S,
    })
    this.grant(shape, to)
    return to
  }

  private grant({ reads, writes, removes, grants, ...more }: NightStepShape, to: BundledFunction): void {
    const { log, tables, archive } = this.props
    const objects = (prefixes: string[]) => prefixes.map((prefix) => archive.objects(prefix))
    to.may(REMEMBERS, [tables.arn('tasks')])
    to.may(['s3:ListBucket'], [archive.bucket.bucketArn])
    to.may(['s3:GetObject'], objects(reads))
    if (writes.length > 0) to.may(['s3:PutObject'], objects(writes))
    if (removes.length > 0) to.may(['s3:DeleteObject'], objects(removes))
    for (const { actions, table, index } of grants) to.may(actions, [tables.arn(table, index)])
    if (more.reads_log) to.may(READS_OF_STREAM, [log.stream.streamArn])
    if (more.sees_nights) to.may(['states:ListExecutions'], [this.state_machine_arn])
  }

  /** The execution has the schedule's own name for this time, so that one that is told twice is begun once. */
  private schedule(machine: CfnStateMachine): void {
    const { stage } = this.props
    const role = this.roleFor('ScheduleRole', 'scheduler.amazonaws.com')
    role.addToPolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.ref] }))
    const run = '<aws.scheduler.execution-id>'
    const input = { run, scheduled_at: '<aws.scheduler.scheduled-time>' }
    new CfnSchedule(this, 'Schedule', {
      name: `${stage.prefix}nightly`,
      scheduleExpression: `cron(${stage.night.minute} ${stage.night.hour} * * ? *)`,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: `arn:${Stack.of(this).partition}:scheduler:::aws-sdk:sfn:startExecution`,
        roleArn: role.roleArn,
        input: Stack.of(this).toJsonString({
          StateMachineArn: machine.ref,
          Name: run,
          Input: JSON.stringify(input),
        }),
        retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: 3 * 3_600 },
      },
    })
  }
}
