import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { encodeRecord } from '../../adapters/kinesis-records.ts'
import type { NewRecord } from '../../events/record.ts'
import { telemetryTopic } from '../../events/topics.ts'
import { failedBatchObject } from '../stand-ins/event-source.ts'
import { type Fauxqs, startS3 } from '../stand-ins/fauxqs.ts'
import { configRecord, folderWith, fromDevice, newFolder, replay } from './replay-world.ts'

const AT = Date.UTC(2026, 10, 20, 9)
const MINUTE = 60_000

function evse(minute: number, pilot_state: string, energy_delivered_kwh: number): NewRecord {
  const timestamp = AT + minute * MINUTE
  const message = {
    device_id: 'dev-1',
    device_type: 'evse',
    timestamp,
    event_type: 'state_change',
    pilot_state,
    energy_delivered_kwh,
  }
  return fromDevice(telemetryTopic('evse', 'dev-1'), timestamp + 200, JSON.stringify(message))
}

const LIFE = [evse(0, 'A', 0), evse(1, 'B', 0), evse(2, 'C', 0), evse(30, 'B', 3), evse(40, 'A', 3)]
const given = LIFE.slice(1, 4)

function objectOf(records: readonly (NewRecord | Uint8Array)[], late_s = 0) {
  const shard_records = records.map((record, n) => ({
    sequence: String(10n ** 55n + BigInt(n + late_s * 1_000)),
    partition_key: 'dev-1',
    data: record instanceof Uint8Array ? record : encodeRecord(record),
    arrived_at: AT - 500,
  }))
  const at = AT + late_s * 1_000
  return failedBatchObject({
    stream: 'events',
    shard_id: 'shardId-000000000003',
    records: shard_records,
    invoked: 3,
    at,
  })
}

describe('npm run replay --failed', () => {
  let s3: Fauxqs
  beforeAll(async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'nobody')
    vi.stubEnv('AWS_REGION', 'us-east-1')
    s3 = await startS3()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await s3.stop()
  })

  async function wholeAfterRepair(...source: string[]): Promise<void> {
    const whole = await folderWith(LIFE)
    const lost = await folderWith(LIFE.filter((one) => !given.includes(one)))
    const verified = await replay('verify', '--log', whole, '--data', lost, '--threads', '1')
    expect(verified.out).toContain('1 would appear')
    const repaired = await replay('repair', ...source, '--data', lost, '--yes')
    expect(repaired.code).toBe(0)
    expect(repaired.out).toContain('wrote 3 records')
    expect((await replay('verify', '--log', whole, '--data', lost, '--threads', '1')).code).toBe(0)
    expect((await replay('repair', ...source, '--data', lost, '--yes')).out).toContain('wrote nothing')
  }

  it('repairs from the bucket where batches were given up', async () => {
    const bucket = await s3.newBucket()
    for (const [n, one] of given.entries()) {
      const { key, body } = objectOf([one], n)
      await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
    }
    const endpoint = await s3.client.config.endpoint?.()
    const url = `http://${endpoint?.hostname}:${endpoint?.port}`
    await wholeAfterRepair('--failed', `s3://${bucket}`, '--endpoint', url)
  })

  it('repairs from a folder that holds a copy of it, and sets aside what is no batch', async () => {
    const folder = newFolder()
    for (const [n, one] of given.entries()) {
      const { key, body } = objectOf(n === 0 ? [one, Buffer.from('hello')] : [one], n)
      mkdirSync(dirname(join(folder, key)), { recursive: true })
      writeFileSync(join(folder, key), body)
    }
    writeFileSync(join(folder, 'zzz.txt'), 'nothing')
    const { out, err } = await replay('print', '--failed', folder)
    expect(out.trimEnd().split('\n')).toHaveLength(3)
    expect(err).toContain('2 set aside')
    await wholeAfterRepair('--failed', folder)
  })

  it('takes from quarantine what is understood by now, and leaves the rest there', async () => {
    const pin = {
      device_id: 'therm-1',
      source: 'gpio',
      pin: 'Y1',
      state: 1,
      edge: 'rising',
      timestamp: AT,
      uptime_ms: 5_000,
    }
    const strange = { ...pin, device_id: 'nobody' }
    const said = [pin, strange].map((one, n) =>
      fromDevice(`sidewalk/${one.device_id}`, AT + n, JSON.stringify(one)),
    )
    const config = { device_type: 'thermostat', gpio: { Y1: { signal: 'cooling_call' } } } as const
    const data = await folderWith([...said, configRecord('therm-1', config, AT + MINUTE, AT - MINUTE)])
    expect(
      (await replay('print', '--failed', 'quarantine', '--data', data)).out.trimEnd().split('\n'),
    ).toHaveLength(2)
    const { code, out } = await replay('repair', '--failed', 'quarantine', '--data', data, '--yes')
    expect([code, out]).toEqual([0, expect.stringMatching(/wrote \d records/)])
    expect((await replay('repair', '--failed', 'quarantine', '--data', data, '--yes')).out).toContain(
      'wrote nothing',
    )
  })

  it('refuses a place that is none', async () => {
    for (const where of ['no/such/folder', 's3://X', 's3://no-such-bucket']) {
      const endpoint = await s3.client.config.endpoint?.()
      const { code, err } = await replay(
        'print',
        '--failed',
        where,
        '--endpoint',
        `http://${endpoint?.hostname}:${endpoint?.port}`,
      )
      expect(code).toBe(2)
      expect(err).toMatch(/^replay: [^\n]+\n$/)
    }
  }, 60_000)
})
