/** `npm run move` from a real data folder to a stream, and what the AWS home makes of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { kinesisShard } from '../../adapters/kinesis-log.ts'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { filesOf } from '../../embedded/folder.ts'
import { runMove } from '../../tools/move-command.ts'
import { type TemporaryFolder, temporaryFolder } from '../contract/temporary-folder.ts'
import { type DescribedHome, forgetStages, startDescribedHome } from '../parity/described-home.ts'
import { runEmbedded } from '../parity/embedded-home.ts'
import { fleetMessages } from '../parity/fleet-messages.ts'
import { type Dump, lawful } from '../simulation/law.ts'
import { startFaultyProxy, THROTTLED } from '../stand-ins/faulty-proxy.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'

let folder: TemporaryFolder
let kinesis: Kinesalite

beforeEach(async () => {
  folder = await temporaryFolder()
  kinesis = await startKinesalite()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await kinesis.stop()
  await folder.remove()
})
afterAll(forgetStages)

function tellOf(endpoint: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'nothing')
}

async function move(args: string[], tty: NodeJS.WritableStream | null = null) {
  let [out, err] = ['', '']
  const code = await runMove(['--data', folder.path, ...args], {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    tty,
  })
  return { code, out, err }
}

const RECORDS = fleetMessages({ seed: 4, chargers: 2, thermostats: 1, hours: 0.3 })

async function fillLog(records = RECORDS): Promise<void> {
  const log = sqliteLog(filesOf(folder.path).log)
  await log.append([...records])
  log.close()
}

async function onStream(stream: string) {
  return kinesisShard({ client: kinesis.client, stream, shard_id: 'shardId-000000000000' }).read('', 10_000)
}

const plain = ({ received_at, source, topic, payload }: (typeof RECORDS)[number]) => ({
  received_at,
  source,
  topic,
  payload: Buffer.from(payload).toString(),
})

describe('a home that moves', () => {
  let home: DescribedHome
  afterEach(() => home.stop())

  test('comes to the same rows and states on AWS, pairs included', async () => {
    const records = fleetMessages({ seed: 6, chargers: 3, thermostats: 3, hours: 0.5, shared_circuits: 1 })
    const embedded: Dump = lawful(await runEmbedded(folder.path, records))
    home = await startDescribedHome({ stage: 'small', kinesis })
    tellOf(kinesis.endpoint)
    const { code, out, err } = await move(['--to-stream', home.stream])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`are on ${home.stream}, received from 2024-01-15T06:00:00.000Z to `)
    await home.poller.drain()
    const aws = await home.dump()
    for (const [table, rows] of Object.entries(embedded)) expect(aws[table], table).toEqual(rows)
    expect(embedded.states?.some((state) => JSON.stringify(state).includes('pair:'))).toBe(true)
  })
})

describe('a move', () => {
  test('carries every record as it came in, its time of receipt included, and then only what is new', async () => {
    await fillLog()
    const { stream } = await kinesis.newStream(1)
    tellOf(kinesis.endpoint)
    expect(await move(['--to-stream', stream])).toMatchObject({ code: 0, err: '' })
    expect((await onStream(stream)).map(plain).sort(byText)).toEqual(RECORDS.map(plain).sort(byText))

    expect((await move(['--to-stream', stream])).out).toBe(
      `nothing to move: the log ends at ${RECORDS.length}\n`,
    )
    const later = RECORDS.slice(0, 3).map((record) => ({ ...record, received_at: record.received_at + 1e9 }))
    await fillLog(later)
    expect((await move(['--to-stream', stream])).out).toContain('3 records')
    expect((await onStream(stream)).length).toBe(RECORDS.length + 3)
  })

  test('keeps each device’s order, whatever the stream refuses on the way', async () => {
    await fillLog()
    const { stream } = await kinesis.newStream(1)
    const proxy = await startFaultyProxy(kinesis.endpoint)
    let calls = 0
    proxy.onRequest(({ operation }) => (operation === 'PutRecords' && ++calls % 9 === 0 ? THROTTLED : null))
    tellOf(proxy.endpoint)
    try {
      expect(await move(['--to-stream', stream])).toMatchObject({ code: 0 })
    } finally {
      await proxy.stop()
    }
    const moved = await onStream(stream)
    for (const topic of new Set(RECORDS.map((record) => record.topic)))
      expect(moved.filter((record) => record.topic === topic).map(plain)).toEqual(
        RECORDS.filter((record) => record.topic === topic).map(plain),
      )
  })

  test('that is broken off says so, and goes on where it was', async () => {
    await fillLog(Array.from({ length: 12 }, () => RECORDS).flat())
    const { stream } = await kinesis.newStream(1)
    const proxy = await startFaultyProxy(kinesis.endpoint)
    let calls = 0
    proxy.onRequest(({ operation }) =>
      operation === 'PutRecords' && ++calls > 600
        ? { kind: 'refused', status: 400, error: 'AccessDeniedException' }
        : null,
    )
    tellOf(proxy.endpoint)
    const broken = await move(['--to-stream', stream]).finally(() => proxy.stop())
    expect(broken.code).toBe(1)
    expect(broken.err).toMatch(/^move: broken off: PutRecords .*; run it again, it goes on where it was\n$/)
    const { position } = JSON.parse(readFileSync(folder.file(`moved-to-${stream}.json`), 'utf8'))
    expect(Number(position)).toBeGreaterThan(0)
    tellOf(kinesis.endpoint)
    const rest = await move(['--to-stream', stream])
    expect(rest.code).toBe(0)
    const moved = new Set((await onStream(stream)).map((record) => JSON.stringify(plain(record))))
    expect(moved).toEqual(new Set(RECORDS.map((record) => JSON.stringify(plain(record)))))
  })

  test('that is dry says what there is, asks nobody, and keeps no place', async () => {
    await fillLog()
    tellOf('http://127.0.0.1:9')
    const { code, out } = await move(['--to-stream', 'anywhere', '--dry-run'])
    expect(code).toBe(0)
    expect(out).toContain(`${RECORDS.length.toLocaleString('en-US')} records`)
    expect(out).toContain('a dry run: nothing was moved')
    expect(() => readFileSync(folder.file('moved-to-anywhere.json'))).toThrow('ENOENT')
  })

  test('draws its progress on a terminal, and nothing elsewhere', async () => {
    await fillLog()
    const terminal = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 100,
      clearLine() {},
      cursorTo() {},
    })
    await move(['--to-stream', 'anywhere', '--dry-run'], terminal)
    expect(String(terminal.read())).toContain(`of ${RECORDS.length} records`)
    expect((await move(['--to-stream', 'anywhere', '--dry-run'])).err).toBe('')
  })
})

describe('what cannot be moved is refused in one line', () => {
  test.each([
    [[], /^move: required option '--to-stream <name>' not specified \(--help .*\)\n$/],
    [['--to-stream', 'a b'], /A stream has 1 to 128 letters/],
    [['--to-stream', 's', '--from', '-1'], /A position of the log is a whole number/],
    [['--to-stream', 's'], / holds no log; --data DIR names another folder\n$/],
  ])('%s', async (args, says) => {
    const { code, out, err } = await move(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(says)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  test('a stream that is not there', async () => {
    await fillLog()
    tellOf(kinesis.endpoint)
    const { code, err } = await move(['--to-stream', 'nowhere'])
    expect(code).toBe(2)
    expect(err).toBe(
      'move: the stream nowhere cannot be used: there is none of this name in this account and region\n',
    )
  })

  test('a log whose beginning is archived, unless whoever asks says so', async () => {
    await fillLog()
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(filesOf(folder.path).log)
    database.exec('DELETE FROM log WHERE position <= 10')
    database.close()
    const refused = await move(['--to-stream', 'anywhere', '--dry-run'])
    expect(refused.code).toBe(2)
    expect(refused.err).toContain(
      'the log begins at 11, what was before it is archived; --from 10 moves what is there',
    )
    expect(await move(['--to-stream', 'anywhere', '--dry-run', '--from', '10'])).toMatchObject({ code: 0 })
  })

  test('a log that ends before the last move did, and so is another one', async () => {
    await fillLog(RECORDS.slice(0, 3))
    const place = `${folder.path}/moved-to-events.json`
    writeFileSync(place, '{"position":"00000000000000000009"}\n')
    const refused = await move(['--to-stream', 'events', '--dry-run'])
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toContain('the log ends at 3, and the last move at 9: it is another log')
    expect((await move(['--to-stream', 'events', '--dry-run', '--from', '9'])).err).toBe(
      'move: the log ends at 3\n',
    )
    expect((await move(['--to-stream', 'events', '--dry-run', '--from', '0'])).code).toBe(0)
  })

  test('a place that is none of ours', async () => {
    await fillLog()
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(folder.file('moved-to-s.json'), '{}')
    const { code, err } = await move(['--to-stream', 's', '--dry-run'])
    expect(code).toBe(2)
    expect(err).toContain('names no position; --from 0 moves everything once more')
  })
})

test('--help says what a person needs', async () => {
  const { code, out } = await move(['--help'])
  expect(code).toBe(0)
  for (const word of ['--to-stream', '--from', '--dry-run', 'kinesis:PutRecords', 'Exit codes'])
    expect(out).toContain(word)
})

const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
