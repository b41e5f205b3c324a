import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeStreamCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { partitionKeyOf } from '../../adapters/kinesis-key.ts'
import { kinesisAppend } from '../../adapters/kinesis-log.ts'
import { encodeRecord } from '../../adapters/kinesis-records.ts'
import { kinesisReplay } from '../../adapters/kinesis-replay.ts'
import { deaggregate } from '../../adapters/kpl-records.ts'
import type { NewRecord } from '../../events/record.ts'
import type { Poison, ReplayBatch } from '../../processors/replay-source.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'
import { fleetRecords, folderWith, fromDevice, newFolder, replay, write } from './replay-world.ts'

const FAST = { reads_a_second: 1_000, bytes_a_second: 1e9 }
let kinesis: Kinesalite

beforeAll(async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'nobody')
  vi.stubEnv('AWS_REGION', 'us-east-1')
  kinesis = await startKinesalite()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await kinesis.stop()
})

function said(device: number, n: number): NewRecord {
  const message = {
    device_id: `dev-${device}`,
    device_type: 'evse',
    timestamp: 1_770_000_000_000 + n * 1_000,
    event_type: 'telemetry',
  }
  const topic = `ev/evse/dev-${device}/telemetry`
  return fromDevice(topic, 1_770_000_000_100 + n * 1_000, JSON.stringify(message))
}

async function put(stream: string, records: NewRecord[]): Promise<void> {
  await kinesisAppend({ client: kinesis.client, stream })(records)
}

async function shardsOf(StreamName: string) {
  const { StreamDescription } = await kinesis.client.send(new DescribeStreamCommand({ StreamName }))
  return StreamDescription?.Shards ?? []
}

/** Once what changes the stream's shards is over. */
async function settled(StreamName: string): Promise<void> {
  await vi.waitFor(async () => {
    const { StreamDescription } = await kinesis.client.send(new DescribeStreamCommand({ StreamName }))
    expect(StreamDescription?.StreamStatus).toBe('ACTIVE')
  }, 20_000)
}

async function readAll(stream: string, more: object = {}): Promise<ReplayBatch[]> {
  const source = await kinesisReplay({
    client: kinesis.client,
    stream,
    onPoison: () => {},
    limits: FAST,
    ...more,
  })
  return allOf(source.batches())
}

function stampsOf(batches: ReplayBatch[], device: number): number[] {
  const own = batches.flatMap(({ records }) =>
    records.filter(({ topic }) => topic.includes(`/dev-${device}/`)),
  )
  return own.map(({ received_at }) => received_at)
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)]
}

function field(n: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([n * 8 + 2, ...varint(bytes.length)]), bytes])
}

/** As the Kinesis Producer Library writes it. */
function aggregated(records: readonly NewRecord[]): Buffer {
  const keys = records.map((record) => field(1, Buffer.from(partitionKeyOf(record))))
  const data = records.map((record, n) =>
    field(3, Buffer.concat([Buffer.from([8, ...varint(n)]), field(3, encodeRecord(record))])),
  )
  const message = Buffer.concat([...keys, ...data])
  const digest = createHash('md5').update(message).digest()
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, digest])
}

async function allOf(batches: AsyncIterable<ReplayBatch>): Promise<ReplayBatch[]> {
  const all: ReplayBatch[] = []
  for await (const batch of batches) all.push(batch)
  return all
}

describe('a stream as the source of a replay', () => {
  it('gives every device its records in order, through a split and a merge', async () => {
    const { stream } = await kinesis.newStream(1)
    const devices = [0, 1, 2, 3, 4, 5]
    let n = 0
    const more = async () => {
      for (let i = 0; i < 4; i++, n++)
        await put(
          stream,
          devices.map((device) => said(device, n)),
        )
    }
    await more()
    const [whole] = await shardsOf(stream)
    const half = (2n ** 127n).toString()
    await kinesis.client.send(
      new SplitShardCommand({ StreamName: stream, ShardToSplit: whole?.ShardId, NewStartingHashKey: half }),
    )
    await settled(stream)
    await more()
    const [, left, right] = await shardsOf(stream)
    await kinesis.client.send(
      new MergeShardsCommand({
        StreamName: stream,
        ShardToMerge: left?.ShardId,
        AdjacentShardToMerge: right?.ShardId,
      }),
    )
    await settled(stream)
    await more()
    const batches = await readAll(stream)
    const expected = Array.from({ length: n }, (_, i) => said(0, i).received_at)
    for (const device of devices) expect(stampsOf(batches, device)).toEqual(expected)
    expect(new Set(batches.map(({ name }) => name)).size).toBe(4)
  }, 60_000)

  it('takes aggregated records apart, drops exact copies, and sets aside what is none of ours', async () => {
    const { stream } = await kinesis.newStream(1)
    const records = [said(1, 1), said(2, 1), said(1, 2)]
    const data = [
      aggregated(records),
      encodeRecord(said(1, 2)),
      Buffer.from('hello'),
      encodeRecord(said(1, 3)),
    ]
    const Records = data.map((Data) => ({ Data, PartitionKey: 'x' }))
    await kinesis.client.send(new PutRecordsCommand({ StreamName: stream, Records }))
    const poison: Poison[] = []
    const batches = await readAll(stream, { onPoison: (one: Poison) => poison.push(one) })
    expect(stampsOf(batches, 1)).toEqual([1, 2, 3].map((n) => said(1, n).received_at))
    expect(stampsOf(batches, 2)).toHaveLength(1)
    expect(poison).toMatchObject([{ text: Buffer.from('hello').toString('base64') }])
    const positions = batches.flatMap((batch) => batch.records.map(({ position }) => position))
    expect(new Set(positions).size).toBe(4)
  })

  it('goes on in each shard where it was, and after a sequence number in one', async () => {
    const { stream, shard_ids } = await kinesis.newStream(2)
    const devices = [0, 1, 2, 3, 4, 5]
    for (let n = 0; n < 3; n++)
      await put(
        stream,
        devices.map((device) => said(device, n)),
      )
    const first = await readAll(stream)
    const after = Object.fromEntries(first.map(({ name, position }) => [name, position]))
    await put(
      stream,
      devices.map((device) => said(device, 3)),
    )
    const rest = await readAll(stream, { after })
    expect(rest.flatMap(({ records }) => records)).toHaveLength(devices.length)
    const [shard_id = ''] = shard_ids
    const own = first.filter(({ name }) => name === shard_id).flatMap(({ records }) => records)
    const after_sequence = own[0]?.position.split('.')[0]?.replace(/^0+/, '')
    const one = await readAll(stream, { shard_id, after_sequence })
    expect(
      one
        .flatMap(({ records }) => records)
        .map(({ position }) => position)
        .slice(0, own.length - 1),
    ).toEqual(own.slice(1).map(({ position }) => position))
    expect(new Set(one.map(({ name }) => name))).toEqual(new Set([shard_id]))
  })

  it('begins at what arrived at a time, where a time is asked for', async () => {
    const { stream } = await kinesis.newStream(1)
    const [early, late] = [
      [said(1, 0), said(1, 1)],
      [said(1, 2), said(1, 3)],
    ]
    await put(stream, early)
    await sleep(1_500)
    const since_ms = Date.now() - 500
    await put(stream, late)
    const read = await readAll(stream, { since_ms })
    expect(stampsOf(read, 1)).toEqual(late.map(({ received_at }) => received_at))
    const place = (await readAll(stream)).at(-1)
    const after = { [place?.name ?? '']: place?.position ?? '' }
    expect(stampsOf(await readAll(stream, { since_ms, after }), 1)).toEqual([])
    const from = new Date(late[0]?.received_at ?? 0).toISOString()
    const printed = await replay('print', '--kinesis', stream, '--endpoint', kinesis.endpoint, '--from', from)
    expect(printed.out.trimEnd().split('\n')).toHaveLength(1)
  })

  it('keeps to the reads that a shard may give', async () => {
    const { stream } = await kinesis.newStream(1)
    await put(stream, [said(1, 1)])
    const began = performance.now()
    await readAll(stream, { limits: { reads_a_second: 5, bytes_a_second: 1e9 } })
    expect(performance.now() - began).toBeGreaterThan(190)
  })
})

describe('what is no aggregated record', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a plain one', encodeRecord(said(1, 1))],
    ['one with another digest', Buffer.concat([aggregated([said(1, 1)]).subarray(0, -1), Buffer.of(0)])],
    ['four bytes alone', Buffer.from([0xf3, 0x89, 0x9a, 0xc2])],
  ])('%s', (_, data) => {
    expect(deaggregate(data)).toBeNull()
  })
})

describe('npm run replay over a stream', () => {
  it('restreams a log and verifies, repairs and prints from the stream', async () => {
    const data = await folderWith(fleetRecords(21, 'orderly'))
    const { stream } = await kinesis.newStream(2)
    const at = ['--endpoint', kinesis.endpoint]
    const checkpoint = `${write('', 'x')}.json`
    const sent = await replay(
      'restream',
      '--log',
      data,
      '--into-stream',
      stream,
      ...at,
      '--yes',
      '--checkpoint',
      checkpoint,
    )
    expect(sent).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(checkpoint, 'utf8'))).toMatchObject({ done: true })
    const verified = await replay('verify', '--kinesis', stream, ...at, '--data', data)
    expect(verified).toMatchObject({ code: 0, err: '' })
    const fresh = newFolder()
    expect((await replay('repair', '--kinesis', stream, ...at, '--data', fresh, '--yes')).code).toBe(0)
    expect((await replay('verify', '--log', data, '--data', fresh, '--threads', '1')).code).toBe(0)
    const printed = await replay('print', '--kinesis', stream, ...at, '--type', 'config')
    expect(printed.out.trimEnd().split('\n').length).toBe(9)
    expect(existsSync(checkpoint)).toBe(true)
  }, 120_000)

  it('refuses a stream and a shard that there are not, in one line', async () => {
    const at = ['--endpoint', kinesis.endpoint]
    const { stream } = await kinesis.newStream(1)
    for (const args of [
      ['--kinesis', 'nowhere'],
      ['--kinesis', stream, '--shard', 'none'],
      ['--kinesis', 'a b'],
    ]) {
      const { code, err } = await replay('print', ...args, ...at)
      expect(code).toBe(2)
      expect(err).toMatch(/^replay: [^\n]+\n$/)
    }
    expect((await replay('print', '--kinesis', stream, '--after-sequence', '1')).err).toContain(
      'needs --shard',
    )
  }, 60_000)
})
