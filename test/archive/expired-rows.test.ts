/** What the hot store forgets on AWS: it was in the archive, or it is from then on. */
import { mkdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toItem } from '../../adapters/dynamodb-items.ts'
import { readRemoval } from '../../adapters/dynamodb-removals.ts'
import { keptFiles } from '../../adapters/kept-files.ts'
import { memoryArchive } from '../../adapters/memory-archive.ts'
import type { EventRow } from '../../events/ports.ts'
import { bundleFolder } from '../../infra/bundle.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord } from '../../processors/decode-record.ts'
import { recordOfForgotten } from '../../processors/expired-rows.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { type AwsNightHome, startAwsNightHome } from '../parity/aws-night-home.ts'
import { embeddedRun } from '../parity/embedded-home.ts'
import { fleetMessages } from '../parity/fleet-messages.ts'
import type { Record0 } from '../simulation/device-life.ts'
import { dumpOf } from '../stand-ins/dynalite.ts'
import { type LambdaFunction, runFunction } from '../stand-ins/lambda-function.ts'

const DAY = '2024-01-15'
const said = (shared_circuits: number) =>
  fleetMessages({ seed: 4, chargers: 2, thermostats: 2, hours: 0.4, shared_circuits }).filter(
    ({ received_at }) => received_at < Date.UTC(2024, 0, 16),
  )

/** Of this device nothing ever got as far as the archive. */
const ABSENT =
  /ev\/evse\/([^/]+)\//.exec(
    said(0)
      .map(({ topic }) => topic)
      .join(' '),
  )?.[1] ?? ''

/** As DynamoDB puts it on the table's stream. Source: Lambda's guide, "Using AWS Lambda with Amazon DynamoDB". */
function removalOf(row: EventRow, nth: number, more: object = {}) {
  const item = toItem('events', row)
  return {
    eventID: `c4ca4238a0b923820dcc509a6f75849${nth}`,
    eventName: 'REMOVE',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    dynamodb: {
      ApproximateCreationDateTime: 1_713_000_000,
      Keys: { device_id: item.device_id, timestamp: item.timestamp },
      OldImage: item,
      SequenceNumber: String(400_000_000_003_525_843_000n + BigInt(nth)),
      SizeBytes: 400,
      StreamViewType: 'OLD_IMAGE',
    },
    eventSourceARN:
      'arn:aws:dynamodb:us-east-1:000000000000:table/device_events/stream/2024-01-01T00:00:00.000',
    ...more,
  }
}

describe('a row that is forgotten', () => {
  let rows: EventRow[]
  beforeAll(async () => {
    rows = (await embeddedRun(said(1))).events as EventRow[]
  }, 120_000)

  it('comes to the same row when the record that is made of it is read again', async () => {
    const told = rows.filter(({ origin, device_type }) => origin !== 'chart' && device_type !== 'pair')
    expect(new Set(told.map(({ device_type }) => device_type)).size).toBeGreaterThan(1)
    const again: Record0[] = told
      .map((row, nth) => recordOfForgotten({ row, sequence: String(nth) }))
      .sort(
        (a, b) =>
          a.received_at - b.received_at || Number(a.source !== 'internal') - Number(b.source !== 'internal'),
      )
    const read = (await embeddedRun(again)).events as EventRow[]
    const kept = read.filter(({ origin, device_type }) => origin !== 'chart' && device_type !== 'pair')
    const essence = (all: EventRow[]) =>
      all
        .filter(({ time_quality }) => time_quality !== 'estimated')
        .map(({ device_id, ts, event_type, reported_timestamp, received_at, body }) =>
          JSON.stringify([device_id, ts, event_type, reported_timestamp, received_at, body]),
        )
        .sort()
    expect(essence(kept)).toEqual(essence(told))
    expect(kept.length).toBe(told.length)
  })

  it('of a pair is its pair’s again', () => {
    const pairs = rows.filter(({ origin, device_type }) => origin !== 'chart' && device_type === 'pair')
    expect(pairs.length).toBeGreaterThan(0)
    for (const row of pairs) {
      const { device_id, event_time, event_type } = archiveRow(
        openRecord(recordOfForgotten({ row, sequence: '1' })),
        () => null,
      )
      expect({ device_id, ts: event_time }).toEqual({ device_id: row.device_id, ts: row.ts })
      expect(event_type).not.toBeNull()
    }
  })

  it('is known by who removed it: what a person deletes is a person’s', () => {
    const row: EventRow = {
      ...(rows[0] as EventRow),
      applied: 1,
      entered: 1,
      revision: 1,
      ttl: 1_700_000_000,
    }
    expect(readRemoval(removalOf(row, 1) as never)?.row).toEqual(row)
    expect(readRemoval(removalOf(row, 1, { userIdentity: undefined }) as never)).toBeNull()
    expect(readRemoval(removalOf(row, 1, { eventName: 'MODIFY' }) as never)).toBeNull()
  })
})

describe('the function on the table’s stream', () => {
  let aws: AwsNightHome
  let watcher: LambdaFunction
  let rows: EventRow[]
  let archived: number

  beforeAll(async () => {
    aws = await startAwsNightHome()
    watcher = runFunction({
      code: bundleFolder('processors/expired.lambda.ts', 'host'),
      handler: 'index.handler',
      timeout_ms: 120_000,
      environment: aws.environment,
    })
    const log = await aws.append(said(0))
    await aws.land(log.filter(({ topic }) => !topic.includes(ABSENT)))
    await aws.process(log)
    await aws.night(DAY).catch(() => {})
    rows = (await dumpOf(aws.dynalite.client, aws.table_prefix)).events
    archived = rows.filter((row) => isSaid(row) && row.device_id !== ABSENT).length
  }, 240_000)
  afterAll(async () => {
    watcher?.stop()
    await aws?.stop()
  })

  const isSaid = ({ origin }: EventRow) => origin !== 'chart'
  const landed = async () =>
    (await aws.files.list('landing/')).filter(({ name }) => name.includes('.expired'))

  it('finds what is archived, and writes nothing', async () => {
    expect(archived).toBeGreaterThan(20)
    const Records = rows.filter(({ device_id }) => device_id !== ABSENT).map((row, n) => removalOf(row, n))
    expect(await watcher.invoke({ Records })).toEqual({ batchItemFailures: [] })
    expect(await landed()).toEqual([])
  })

  it('writes what is not, once, and the night puts it in its place', async () => {
    const missing = rows.filter(({ device_id }) => device_id === ABSENT)
    const Records = missing.map((row, n) => removalOf(row, n + 1_000))
    for (let time = 0; time < 2; time++)
      expect(await watcher.invoke({ Records })).toEqual({ batchItemFailures: [] })
    expect((await landed()).length).toBe(1)
    await aws.files.remove(
      (await aws.files.list('landing/')).map(({ name }) => name).filter((name) => !name.includes('.expired')),
    )
    await aws.night(DAY, { run: 'later' }).catch(() => {})
    expect(await aws.files.list(`2024/01/15/${ABSENT}/`)).toHaveLength(1)
    const again = await watcher.invoke({
      Records: missing.filter(isSaid).map((row, n) => removalOf(row, n + 5_000)),
    })
    expect(again).toEqual({ batchItemFailures: [] })
    expect((await landed()).length).toBeLessThanOrEqual(1)
  })

  it('comes again from the first record where the bucket does not answer', async () => {
    const broken = runFunction({
      code: bundleFolder('processors/expired.lambda.ts', 'host'),
      handler: 'index.handler',
      timeout_ms: 120_000,
      environment: { ...aws.environment, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' },
    })
    const [row] = rows.filter(isSaid)
    const record = removalOf(row as EventRow, 7)
    expect(await broken.invoke({ Records: [record] })).toEqual({
      batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }],
    })
    broken.stop()
  })
})

it('a file is brought once, again when it has grown, and all anew when too much is kept', async () => {
  const folder = await temporaryFolder()
  const archive = memoryArchive()
  let brought = 0
  const counting = {
    ...archive,
    bring: (names: readonly string[], scratch: string) => {
      brought += names.length
      return archive.bring(names, scratch)
    },
  }
  const kept = keptFiles(counting, folder.file('kept'), 10)
  let scratches = 0
  const look = async () => {
    const scratch = folder.file(`scratch-${scratches++}`)
    await mkdir(scratch)
    await kept.list('a')
    const [path = ''] = await kept.bring(['a'], scratch)
    return readFile(path, 'utf8')
  }
  const put = (text: string) => archive.put('a', new TextEncoder().encode(text))
  await put('one')
  expect([await look(), await look(), brought]).toEqual(['one', 'one', 1])
  await put('three')
  expect([await look(), await look(), brought]).toEqual(['three', 'three', 2])
  await put('twenty-three')
  expect([await look(), brought]).toEqual(['twenty-three', 3])
  expect([await look(), brought]).toEqual(['twenty-three', 4])
  await folder.remove()
})
