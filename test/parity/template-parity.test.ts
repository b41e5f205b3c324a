/**
 * What the template describes, running the very code that would be uploaded, comes to the rows and states of the embedded
 * home, item by item. The world is a seeded fleet with its faults; what happens on AWS happens to real processes.
 */

import { MergeShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { kinesisAppend, kinesisShard } from '../../adapters/kinesis-log.ts'
import { s3FailedBatches } from '../../adapters/s3-failed-batches.ts'
import type { StoreDump } from '../../adapters/store-tables.ts'
import type { Quarantined } from '../../events/ports.ts'
import { routeTopic, telemetryTopic } from '../../events/topics.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { type Record0, randomOf } from '../simulation/device-life.ts'
import type { Dump } from '../simulation/law.ts'
import { type KinesisLocal, startKinesisLocal } from '../stand-ins/kinesis-local.ts'
import { shardsOf } from '../stand-ins/shard-reader.ts'
import { deadlyDays, goodDay, withZombies } from './bad-days.ts'
import { type DescribedHome, forgetStages, type HomeOptions, startDescribedHome } from './described-home.ts'
import { embeddedRun, runEmbedded } from './embedded-home.ts'
import { fleetMessages } from './fleet-messages.ts'

/** Some in a run of all tests; `PARITY_SEEDS=60 npx vitest run test/parity` asks for more. */
const SEEDS = Math.max(1, Math.floor(Number(process.env.PARITY_SEEDS ?? 4) / 4))

const homes: DescribedHome[] = []

async function start(options: HomeOptions): Promise<DescribedHome> {
  const home = await startDescribedHome(options)
  homes.push(home)
  return home
}

afterEach(async () => {
  for (const home of homes.splice(0)) await home.stop()
})
afterAll(forgetStages)

function expectSame(aws: Dump, embedded: Dump, seed = 0): void {
  for (const [table, rows] of Object.entries(embedded))
    expect(inOrder(table, aws[table]), `SEED=${seed} ${table}`).toEqual(inOrder(table, rows))
}

/** Quarantine is in the order of the log, which between devices is a shard's. */
function inOrder(table: string, rows: unknown[] = []): unknown[] {
  if (table !== 'quarantine') return rows
  return (rows as Quarantined[]).toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

const sortKey = ({ received_at, topic, payload_base64 }: Quarantined) =>
  `${received_at} ${topic} ${payload_base64}`

/** A charger that has just booted, and counts from 0. */
function withoutTime(device_id: string, received_at: number): Record0 {
  const message = {
    device_id,
    device_type: 'evse',
    timestamp: 5_000,
    event_type: 'state_change',
    pilot_state: 'A',
  }
  const payload = new TextEncoder().encode(JSON.stringify(message))
  return {
    source: 'mqtt',
    topic: telemetryTopic('evse', device_id),
    payload,
    received_at,
    verdict: 'unchecked',
  }
}

/** What is on the stream that nobody said: that time has passed, for devices whose timers are due. */
async function putByTheSweep(
  { kinesis, stream }: DescribedHome,
  said: readonly Record0[],
): Promise<Record0[]> {
  const shard = kinesisShard({ client: kinesis, stream, shard_id: 'shardId-000000000000' })
  const latest = Math.max(...said.map(({ received_at }) => received_at))
  const all: Record0[] = await shard.read('', 10_000)
  return all.filter(({ topic, received_at }) => received_at > latest && routeTopic(topic).kind === 'until')
}

test('a clear day of the small stage, pairs and nonsense included', async () => {
  const fleet = fleetMessages({ seed: 1, chargers: 3, thermostats: 3, hours: 0.8, shared_circuits: 1 })
  const records = [...fleet, withoutTime('evse-99', fleet.at(-1)?.received_at ?? 0)]
  const home = await start({ stage: 'small' })
  await home.say(records)
  await home.poller.drain()
  await home.sweep()
  const swept = await putByTheSweep(home, records)
  expect(swept.length).toBeGreaterThan(0)
  await home.poller.drain()
  const embedded = await embeddedRun([...records, ...swept])
  expectSame(await home.dump(), embedded)
  for (const table of ['events', 'summaries', 'states', 'quarantine', 'config'])
    expect(embedded[table]?.length, table).toBeGreaterThan(0)
  expect(embedded.states?.some((state) => JSON.stringify(state).includes('pair:'))).toBe(true)
  expect(home.poller.counts).toMatchObject({ failures: 0, given_up: 0 })
  // Who does not know the time is told.
  expect(home.told).toContainEqual(
    expect.objectContaining({
      topic: 'ev/evse/evse-99/downlink',
      message: { cmd: 'time_sync', epoch_ms: expect.any(Number) },
    }),
  )
})

test(`processes that die between writes, zombies, halves, throttling and lost answers (${SEEDS} seeds)`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = randomOf(seed * 7919)
    const records = fleetMessages({ seed, chargers: 2, thermostats: 2, hours: 0.5, shared_circuits: 1 })
    const home = await start({ stage: 'small', mapping: { batch_records: 40 }, invoke: withZombies(random) })
    const deaths = deadlyDays(home, random, 30)
    await home.say(records)
    await home.poller.drain()
    await goodDay(home)
    await home.poller.drain()
    expectSame(await home.dump(), await embeddedRun(records), seed)
    expect(deaths(), 'deaths').toBeGreaterThan(10)
    expect(home.poller.counts.bisections).toBeGreaterThan(0)
    expect(home.poller.counts.given_up).toBe(0)
    await homes.pop()?.stop()
  }
})

describe('the production stage, with ten batches of a shard at once', () => {
  test('while its shards are split and merged', async () => {
    const kinesis: KinesisLocal = await startKinesisLocal()
    try {
      const records = fleetMessages({ seed: 5, chargers: 5, thermostats: 3, hours: 0.25 })
      const home = await start({ stage: 'prod', shards: 2, kinesis, mapping: { batch_records: 25 } })
      const third = Math.ceil(records.length / 3)
      await home.say(records.slice(0, third))
      await split(kinesis, home.stream)
      await home.say(records.slice(third, 2 * third))
      await home.poller.drain()
      await merge(kinesis, home.stream)
      await home.say(records.slice(2 * third))
      await home.poller.drain()
      expect(await shardsOf(kinesis.client, home.stream)).toHaveLength(5)
      expectSame(await home.dump(), await embeddedRun(records))
    } finally {
      await kinesis.stop()
    }
  })
})

/** The first open shard becomes two. */
async function split({ client, settled }: KinesisLocal, StreamName: string): Promise<void> {
  const [shard] = await shardsOf(client, StreamName)
  const ShardToSplit = shard?.id ?? ''
  await client.send(
    new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey: String(2n ** 126n) }),
  )
  await settled(StreamName)
}

/** The two children become one again. */
async function merge({ client, settled }: KinesisLocal, StreamName: string): Promise<void> {
  const children = (await shardsOf(client, StreamName)).filter(({ parents }) => parents.length === 1)
  const [ShardToMerge = '', AdjacentShardToMerge = ''] = children.map(({ id }) => id)
  await client.send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }))
  await settled(StreamName)
}

test('what was given up is in the bucket, whole, and put back on the stream it comes to the same', async () => {
  const records = fleetMessages({ seed: 9, chargers: 3, thermostats: 1, hours: 0.3 })
  const home = await start({ stage: 'small', mapping: { attempts: 1, batch_records: 30 } })
  const half = Math.ceil(records.length / 2)
  await home.say(records.slice(0, half))
  await home.poller.drain()
  home.to_dynamodb.onRequest(() => ({ kind: 'refused', status: 400, error: 'AccessDeniedException' }))
  await home.say(records.slice(half))
  await home.poller.drain()
  await goodDay(home)

  const failed = s3FailedBatches({ client: home.s3, bucket: home.bucket })
  const batches = await Promise.all((await failed.list('', 1_000)).map((key) => failed.read(key)))
  const given_up = batches
    .flatMap((batch) => batch?.records ?? [])
    .sort((a, b) => (a.position < b.position ? -1 : 1))
  expect(given_up.map(({ received_at, topic, payload }) => ({ received_at, topic, payload }))).toEqual(
    records.slice(half).map(({ received_at, topic, payload }) => ({ received_at, topic, payload })),
  )
  expect(home.poller.counts.given_up).toBe(given_up.length)

  await kinesisAppend({ client: home.kinesis, stream: home.stream })(given_up)
  await home.poller.drain()
  expectSame(await home.dump(), await embeddedRun(records))
})

test('a partition key that is not the device’s is caught', async () => {
  const records = fleetMessages({ seed: 3, chargers: 3, thermostats: 0, hours: 0.2 })
  const home = await start({
    stage: 'prod',
    shards: 4,
    // Four processes are enough to get things out of order.
    mapping: { parallelization: 1 },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a substitution template of AWS IoT
    partition_key: '${timestamp()}',
  })
  await home.say(records)
  await home.poller.drain()
  // What several processes did to one device is put right in the end; that there were several shows in its order.
  const folder = await temporaryFolder()
  const one = (await runEmbedded(folder.path, records)) as StoreDump
  await folder.remove()
  expect(enteredIn(await home.rows())).not.toEqual(enteredIn(one))
})

/** What each device said, with the number of the record that brought it. */
function enteredIn({ events }: Pick<StoreDump, 'events'>): string[] {
  return events
    .filter(({ origin }) => origin === 'device')
    .map(({ device_id, identity, entered }) => `${device_id} ${entered} ${identity}`)
    .sort()
}
