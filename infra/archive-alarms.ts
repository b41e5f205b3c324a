/** What somebody is called for of the archive and its nights. */
import { METRICS_NAMESPACE, serviceName } from '../adapters/aws-names.ts'
import type { MetricName } from '../events/metric-names.ts'
import { type AlarmShape, figure, hourly, metric } from './alarm.ts'
import type { ArchiveConsumer } from './archive-consumer.ts'
import type { ExpiredRows } from './expired-rows.ts'
import type { Night } from './night.ts'
import type { Stage } from './stages.ts'

export type ArchiveAlarmsProps = {
  stage: Stage
  archiver: ArchiveConsumer
  expired: ExpiredRows
  night: Night
}

/** Half of what the table's stream keeps. */
const EXPIRED_BEHIND_MS = 12 * 3_600_000

export function archiveAlarms({ stage, archiver, expired, night }: ArchiveAlarmsProps): AlarmShape[] {
  const archive = { FunctionName: archiver.function.lambda.functionName }
  const watcher = { FunctionName: expired.function.lambda.functionName }
  const mapping = { EventSourceMappingUUID: archiver.mapping.ref }
  const nights = { StateMachineArn: night.state_machine_arn }
  const ofNights = (name: string) => metric('AWS/States', name, nights)
  const ours = (name: MetricName, of: 'archive' | 'expired' | 'night') =>
    metric(METRICS_NAMESPACE, name, { service: serviceName(stage.prefix, of) })
  return [
    {
      id: 'archive-behind',
      says: 'The archive reads records later than it should.',
      metric: metric('AWS/Lambda', 'IteratorAge', archive, 'Maximum'),
      // It waits for more to come before it writes.
      threshold: (stage.behind_alarm_s + stage.archive.batch_window_s) * 1_000,
      minutes: 15,
    },
    {
      id: 'archive-given-up',
      says: 'The archive gave records up, or dropped them; they are kept in the bucket of failures, or in the stream.',
      metric: figure('FILL(kept, 0) + FILL(dropped, 0)', {
        kept: metric('AWS/Lambda', 'OnFailureDestinationDeliveredEventCount', mapping),
        dropped: metric('AWS/Lambda', 'DroppedEventCount', mapping),
      }),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'night-failed',
      says: 'A night did not end well. Nothing has gone that is not in its place.',
      metric: figure('FILL(failed, 0) + FILL(late, 0) + FILL(stopped, 0)', {
        failed: ofNights('ExecutionsFailed'),
        late: ofNights('ExecutionsTimedOut'),
        stopped: ofNights('ExecutionsAborted'),
      }),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'night-silent',
      says: 'For 26 hours no night has ended well.',
      metric: hourly(ofNights('ExecutionsSucceeded')),
      threshold: 0,
      hours: 26,
      silent: true,
    },
    {
      id: 'landing-damaged',
      says: 'A landing file could not be read, and was set aside.',
      metric: ours('landing_files_set_aside', 'night'),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'expired-unarchived',
      says: 'Rows whose time was over were not in the archive. They are there now, as the rows told them.',
      metric: ours('expired_unarchived', 'expired'),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'expired-behind',
      says: 'Nobody looks whether what DynamoDB has forgotten is in the archive. Its stream tells it for a day.',
      metric: metric('AWS/Lambda', 'IteratorAge', watcher, 'Maximum'),
      threshold: EXPIRED_BEHIND_MS,
      minutes: 15,
    },
  ]
}
