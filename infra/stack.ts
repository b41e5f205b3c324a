/** The AWS home: one stack a stage. */
import { Stack, Tags } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { Alarms } from './alarms.ts'
import { Api } from './api.ts'
import { ArchiveBucket } from './archive-bucket.ts'
import { ArchiveConsumer } from './archive-consumer.ts'
import { DevicePolicy } from './device-policy.ts'
import { EventStream } from './event-stream.ts'
import { ExpiredRows } from './expired-rows.ts'
import { FailureBucket } from './failure-bucket.ts'
import { IngestRules } from './ingest-rules.ts'
import { Night } from './night.ts'
import { Questions } from './questions.ts'
import type { Stage } from './stages.ts'
import { StreamConsumer } from './stream-consumer.ts'
import { Sweep } from './sweep.ts'
import { Tables } from './tables.ts'

export type PilotlineStackProps = { stage: Stage; email?: string }

/** The way of a message: rules → stream → consumer → tables → API, and stream → archive → nights → questions. */
export class PilotlineStack extends Stack {
  readonly sweep: Sweep

  constructor(scope: Construct, { stage, email }: PilotlineStackProps) {
    super(scope, `pilotline-${stage.name}`, {
      description: `Pilotline, stage ${stage.name}`,
      terminationProtection: stage.keeps_data,
    })
    Tags.of(this).add('application', 'pilotline')
    Tags.of(this).add('stage', stage.name)
    const log = new EventStream(this, 'Log', stage)
    const tables = new Tables(this, 'Tables', stage)
    const failures = new FailureBucket(this, 'Failures', stage)
    const ingest = new IngestRules(this, 'Ingest', { stage, log, failures })
    new DevicePolicy(this, 'Device', stage, ingest.rules)
    const consumer = new StreamConsumer(this, 'Consumer', { stage, log, tables, failures })
    this.sweep = new Sweep(this, 'Sweep', { stage, log, tables })
    const archive = new ArchiveBucket(this, 'Archive')
    const archiver = new ArchiveConsumer(this, 'Archiving', { stage, log, tables, failures, archive })
    const expired = new ExpiredRows(this, 'Expired', { stage, log, tables, failures, archive })
    const night = new Night(this, 'Night', { stage, log, tables, archive })
    const questions = new Questions(this, 'Questions', { stage, archive })
    const api = new Api(this, 'Api', { stage, log, tables, questions })
    new Alarms(this, 'Alarms', {
      stage,
      log,
      ingest,
      consumer,
      sweep: this.sweep,
      api,
      archiver,
      expired,
      night,
      ...(email !== undefined && { email }),
    })
  }
}
