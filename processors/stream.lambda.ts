/** The processor on AWS: one batch of one shard. Lambda keeps the place, and comes back with all from the lowest failed record on. */
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import { createDynamoClient } from '../adapters/aws-clients.ts'
import { serviceName } from '../adapters/aws-names.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import { requireEnvironment } from '../adapters/environment.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import { iotDownlink } from '../adapters/iot-downlink.ts'
import { kinesisFeed } from '../adapters/kinesis-door.ts'
import { decodeLambdaRecord, lagOf, lowestSequence } from '../adapters/kinesis-event.ts'
import { lateKinesisAppend } from '../adapters/kinesis-late.ts'
import { createPowertoolsLogger } from '../adapters/powertools-logger.ts'
import { createPowertoolsMetrics } from '../adapters/powertools-metrics.ts'
import { NewerState } from '../statecharts/device-state.ts'
import { slowStepsSoFar } from '../statecharts/slow-charts.ts'
import { measureClocks } from './measure-clocks.ts'
import { processBatch, WriteConflict } from './process-batch.ts'
import { createTimeSyncs } from './time-syncs.ts'

const { table_prefix, stream, iot_endpoint } = requireEnvironment(['table_prefix', 'stream', 'iot_endpoint'])
const service = serviceName(table_prefix, 'processor')
const logger = createPowertoolsLogger(service)
const metrics = createPowertoolsMetrics(service)
const store = measureClocks(dynamodbStore({ client: createDynamoClient(), table_prefix }))
const feed = kinesisFeed(lateKinesisAppend(stream), Date.now)
const downlink = iotDownlink({ endpoint: iot_endpoint, now: Date.now })
const time_syncs = createTimeSyncs({ downlink, clock: Date.now, metrics, logger })

/** A poisonous record is quarantined and a broken one of our own throws; what is unwell is tried again from its first record. */
export async function handler({ Records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  const records = Records.map(decodeLambdaRecord)
  try {
    const report = await processBatch(records, { store, metrics, logger, feed })
    await time_syncs.request(report.time_syncs)
    return { batchItemFailures: [] }
  } catch (error) {
    if (!isUnwell(error)) throw error
    const held = error instanceof NewerState ? error.position : ''
    // What lies before a record that waits for newer code is done.
    const undone = held ? Records.filter((_, n) => (records[n]?.position ?? '') >= held) : Records
    const itemIdentifier = lowestSequence(undone)
    metrics.count('batches_failed')
    if (held) metrics.count('held_for_newer_code')
    logger.warn(held ? 'the shard waits for newer code' : 'a batch failed, it is tried again', {
      from: itemIdentifier,
      reason: error.message,
    })
    return { batchItemFailures: [{ itemIdentifier }] }
  } finally {
    measure(Records)
    metrics.flush()
  }
}

let slow_steps = 0

/** Of a failed batch too: how far behind one is counts most when nothing gets on. */
function measure(records: KinesisStreamEvent['Records']): void {
  if (records.length > 0) metrics.gauge('lag_ms', lagOf(records, Date.now()))
  const offset_ms = store.worstOffset()
  if (offset_ms !== null) metrics.gauge('clock_offset_ms', offset_ms)
  const [before, now] = [slow_steps, slowStepsSoFar()]
  if (now > before) metrics.count('slow_steps', now - before)
  slow_steps = now
}

function isUnwell(error: unknown): error is Error {
  return error instanceof InfrastructureError || error instanceof WriteConflict || error instanceof NewerState
}
