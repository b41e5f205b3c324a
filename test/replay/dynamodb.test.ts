/** A replay against the tables of the AWS home, on stand-ins of the stream and of DynamoDB. */
import { DeleteItemCommand, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tableName } from '../../adapters/aws-names.ts'
import { STORE_TABLES } from '../../adapters/dynamodb-tables.ts'
import { kinesisAppend } from '../../adapters/kinesis-log.ts'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { filesOf } from '../../embedded/folder.ts'
import type { VerifyReport } from '../../processors/replay-report.ts'
import type { WriteReport } from '../../processors/replay-write-report.ts'
import { shadowPath } from '../../tools/replay-modes.ts'
import { difference } from '../simulation/checkers.ts'
import { lawful } from '../simulation/law.ts'
import { type Dynalite, dumpOf, startDynalite } from '../stand-ins/dynalite.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'
import { fleetRecords, folderWith, replay, write } from './replay-world.ts'

let kinesis: Kinesalite
let dynalite: Dynalite
let at: string[]

beforeAll(async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'nobody')
  vi.stubEnv('AWS_REGION', 'us-east-1')
  kinesis = await startKinesalite()
  dynalite = await startDynalite()
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynalite.endpoint)
  at = ['--endpoint', kinesis.endpoint]
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await kinesis.stop()
  await dynalite.stop()
})

describe('npm run replay -- … --dynamodb', () => {
  it('repairs empty tables from the stream to what one machine has, and verify holds the two together', async () => {
    const data = await folderWith(fleetRecords(21, 'orderly', ['--hours', '12', '--shared-circuits', '1']))
    const { stream } = await kinesis.newStream(1)
    await replay('restream', '--log', data, '--into-stream', stream, ...at, '--yes')
    const prefix = await dynalite.newTables()
    const from = ['--kinesis', stream, ...at, '--dynamodb', prefix]
    expect((await replay('verify', ...from)).code).toBe(1)
    const dry = await replay('repair', ...from, '--dry-run')
    expect(dry.code).toBe(1)
    expect(dry.out).toMatch(/would write .*events/)
    expect((await dumpOf(dynalite.client, prefix)).events).toEqual([])
    expect(await replay('repair', ...from, '--yes')).toMatchObject({ code: 0 })
    expect(await replay('verify', ...from)).toMatchObject({ code: 0, err: '' })
    const events = lawful(await dumpOf(dynalite.client, prefix)).events ?? []
    expect(events.length).toBeGreaterThan(100)
    expect((await replay('repair', ...from)).out).toContain('wrote nothing')
    await forgetSession(prefix)
    const differs = await replay('verify', ...from)
    expect(differs.code).toBe(1)
    expect(differs.out).toContain('appear')
  }, 240_000)

  it('verifies a stream that has forgotten its beginning from the checkpoints of the tables', async () => {
    const data = await folderWith(fleetRecords(22, 'orderly'))
    const log = sqliteLog(filesOf(data).log)
    const records = await log.read('', 100_000)
    log.close()
    const append = async (part: typeof records) => {
      const { stream } = await kinesis.newStream(1)
      await kinesisAppend({ client: kinesis.client, stream })(part)
      return stream
    }
    const prefix = await dynalite.newTables()
    const whole = ['--kinesis', await append(records), ...at, '--dynamodb', prefix]
    expect((await replay('repair', ...whole, '--yes')).code).toBe(0)
    const { out } = await replay('verify', ...whole, '--json', '-')
    expect(JSON.parse(out)).toMatchObject({ differences: [] })
    expect(JSON.parse(out)).not.toHaveProperty('begins')
    const part = ['--kinesis', await append(records.slice(records.length / 4)), ...at, '--dynamodb', prefix]
    const { code, out: half } = await replay('verify', ...part, '--json', '-')
    expect(code).toBe(0)
    const { begins, same } = JSON.parse(half) as VerifyReport
    expect(begins).toMatchObject({ source_from: null, not_compared: [] })
    expect(begins?.from_checkpoint).toBeGreaterThan(5)
    expect(same).toBeGreaterThan(50)
    await forgetSession(prefix)
    expect((await replay('verify', ...part)).code).toBe(1)
  }, 240_000)

  it('folds a shadow beside the tables, which verify compares with; and writes what it said and no more', async () => {
    const data = await folderWith(fleetRecords(23, 'harsh', ['--hours', '24', '--shared-circuits', '1']))
    const prefix = `${await dynalite.newTables()}small-`
    const log = ['--log', data, '--dynamodb', prefix]
    const dry = await replay('shadow', 'next', ...log, '--dry-run', '--json', '-')
    expect(dry.code).toBe(1)
    const said = JSON.parse(dry.out) as WriteReport
    expect(await tablesLike(`${prefix}shadow-`)).toEqual([])
    const asked = await replay('shadow', 'next', ...log)
    expect(asked.code).toBe(2)
    expect(asked.err).toMatch(
      /would write [\d,]+ aliases, .* events.*about \$0\.\d{6} on AWS.*--yes says yes/s,
    )
    expect(await tablesLike(`${prefix}shadow-`)).toEqual([])
    const most = await replay('shadow', 'short', ...log, '--most', '50')
    expect(most).toMatchObject({ code: 2, out: '' })
    expect(most.err).toContain('would write more than the 50 rows it said')
    const wrote = await replay('shadow', 'next', ...log, '--yes', '--json', '-')
    expect(wrote).toMatchObject({ code: 0 })
    expect((JSON.parse(wrote.out) as WriteReport).rows).toEqual(said.rows)
    expect(await tablesLike(`${prefix}shadow-next-`)).toHaveLength(6)
    const shadow = lawful(await dumpOf(dynalite.client, `${prefix}shadow-next-`, STORE_TABLES))
    await replay('shadow', 'here', '--log', data, '--yes')
    const here = sqliteStore(shadowPath(data, 'here'))
    expect(difference(shadow, lawful(here.dump()))).toBeNull()
    here.close()
    expect((await replay('verify', ...log, '--table', 'next')).code).toBe(0)
    expect((await replay('verify', ...log, '--table', 'none')).code).toBe(2)
    expect((await replay('shadow', 'next', ...log, '--yes')).err).toContain(
      'is there already: delete the tables',
    )
  }, 240_000)

  it('refuses tables that there are not, and what makes no sense, in one line', async () => {
    const { stream } = await kinesis.newStream(1)
    const data = await folderWith(fleetRecords(3, 'none', ['--hours', '1']))
    await replay('restream', '--log', data, '--into-stream', stream, ...at, '--yes')
    const file = write('')
    for (const args of [
      ['repair', '--file', file, '--dynamodb', 'x-'],
      ['restream', '--kinesis', stream, '--dynamodb', 'x-', '--into', 'y'],
      ['verify', '--kinesis', stream, '--dynamodb', 'a b'],
      ['verify', '--kinesis', stream, '--dynamodb', 'nowhere-'],
      ['repair', '--kinesis', stream, '--dynamodb', 'nowhere-', '--yes'],
      ['verify', '--kinesis', stream, '--dynamodb', 'x-', '--data', 'y'],
    ]) {
      const { code, err } = await replay(...args, ...at)
      expect(code).toBe(2)
      expect(err).toMatch(/^replay: [^\n]+\n$/)
    }
  }, 60_000)
})

async function tablesLike(prefix: string): Promise<string[]> {
  const { TableNames = [] } = await dynalite.client.send(new ListTablesCommand({}))
  return TableNames.filter((name) => name.startsWith(prefix))
}

/** One live session of the tables, as if it had never been written. */
async function forgetSession(prefix: string): Promise<void> {
  const TableName = tableName(prefix, 'summaries')
  const { Items = [] } = await dynalite.client.send(new ScanCommand({ TableName }))
  const item = Items.find(({ kind, retracted }) => kind?.S === 'session' && !retracted)
  const keys = Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => KEYS.includes(name)))
  await dynalite.client.send(new DeleteItemCommand({ TableName, Key: keys }))
}

const KEYS = ['thing']
