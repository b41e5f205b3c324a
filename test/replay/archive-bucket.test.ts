/** The archive in a bucket: read as in a folder, with little room here, through faults, and told in one line where it cannot be. */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { filesOf } from '../../embedded/folder.ts'
import { type Fauxqs, startS3 } from '../stand-ins/fauxqs.ts'
import { archivedHistory, HOUR, START } from './archive-world.ts'
import { folderWith, newFolder, replay } from './replay-world.ts'

let s3: Fauxqs
let data: string
let bucket: string
let temporary: string

beforeAll(async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'nobody')
  vi.stubEnv('AWS_REGION', 'us-east-1')
  s3 = await startS3()
  data = (await archivedHistory(43)).data
  bucket = await s3.newBucket()
  const { archive } = filesOf(data)
  for (const entry of readdirSync(archive, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const Key = `some/where/${path.slice(archive.length + 1)}`
    await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: readFileSync(path) }))
  }
  temporary = newFolder()
  vi.stubEnv('TMPDIR', temporary)
}, 240_000)

afterAll(async () => {
  vi.unstubAllEnvs()
  await s3.stop()
})

const inBucket = (endpoint = s3.endpoint) => [
  '--archive',
  `s3://${bucket}/some/where`,
  '--endpoint',
  endpoint,
]
const DAY = ['--from', `${START + 24 * HOUR}`, '--to', `${START + 48 * HOUR}`]

/** What the reader has left behind. */
const left = () => readdirSync(temporary).filter((name) => !name.startsWith('pilotline-replay-'))

describe('npm run replay --archive s3://…', () => {
  it.each<[string, ...string[]]>([
    ['everything'],
    ['a day', ...DAY],
    ['a device at a location', '--device', 'sim-evse-02', '--location', 'site_1'],
  ])(
    'prints what the folder prints: %s',
    async (_, ...flags) => {
      const folder = await replay('print', '--archive', data, ...flags)
      expect(folder.out.length).toBeGreaterThan(1_000)
      expect(await replay('print', ...inBucket(), ...flags)).toEqual(folder)
      expect(left()).toEqual([])
    },
    120_000,
  )

  it('verifies to the same bytes, with one thread and with two, with room for everything and for little', async () => {
    const into = ['--data', await folderWith([]), '--json', '-']
    const folder = await replay('verify', '--archive', data, '--threads', '1', ...into)
    expect(folder.out).toContain('"appear"')
    for (const threads of ['1', '2'])
      for (const room of [[], ['--scratch-mb', `${0.4 * Number(threads)}`]])
        expect(await replay('verify', ...inBucket(), '--threads', threads, ...room, ...into)).toEqual(folder)
    expect(left()).toEqual([])
  }, 240_000)

  it('asks again for what broke off on its way', async () => {
    const broken = await startBreaking(s3.endpoint)
    const { out, err, code } = await replay('print', ...inBucket(broken.endpoint), ...DAY)
    await broken.stop()
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe((await replay('print', '--archive', data, ...DAY)).out)
    expect(broken.faults()).toBeGreaterThan(5)
  }, 120_000)

  it('opens of one device’s day the files that may have it, and no others', async () => {
    const watched = await startBreaking(s3.endpoint, 0)
    await replay('print', ...inBucket(watched.endpoint), '--device', 'sim-evse-02', ...DAY)
    await watched.stop()
    const days = watched.gets().filter((path) => /2026\/01\/0\d\//.test(path) && !path.includes('landing'))
    expect(days.length).toBeGreaterThan(0)
    expect(
      days.filter((path) => !/\/(?:sim-evse-02|shared=unplaced)\//.test(decodeURIComponent(path))),
    ).toEqual([])
  }, 60_000)

  it.each<[string, string[], RegExp]>([
    [
      'there is none',
      ['--archive', 's3://no-such-bucket'],
      /s3:\/\/no-such-bucket cannot be read: there is no such bucket$/,
    ],
    [
      'its name is none',
      ['--archive', 's3://X'],
      /--archive: "s3:\/\/X" is no s3:\/\/bucket\/prefix \(--help/,
    ],
    [
      'nothing is in it',
      ['--archive', 's3://BUCKET/else/where'],
      /there is no archive in s3:\/\/\S+\/else\/where$/,
    ],
    [
      'the room here is too little',
      ['--archive', 's3://BUCKET/some/where', '--scratch-mb', '0.001'],
      /MB may lie here; --scratch-mb allows more$/,
    ],
  ])(
    'says in one line that %s',
    async (_, flags, says) => {
      const named = flags.map((flag) => flag.replace('BUCKET', bucket))
      for (const mode of ['print', 'verify']) {
        const into = mode === 'verify' ? ['--data', data] : []
        const { code, err, out } = await replay(mode, ...named, '--endpoint', s3.endpoint, ...into)
        expect([code, out]).toEqual([2, ''])
        expect(err).toMatch(/^replay: [^\n]+\n$/)
        expect(err.trimEnd()).toMatch(says)
      }
      expect(left()).toEqual([])
    },
    60_000,
  )

  it('says in one line that access is denied', async () => {
    const denied = createServer((_, answer) => {
      answer.writeHead(403, { 'content-type': 'application/xml' })
      answer.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>')
    })
    const endpoint = await listen(denied)
    const { code, err } = await replay('verify', ...inBucket(endpoint), '--data', data)
    await stop(denied)
    expect(code).toBe(2)
    expect(err).toMatch(/^replay: the archive in s3:\/\/\S+ cannot be read: access is denied\n$/)
  }, 60_000)
})

/** Answers each `every`th request with a fault: the connection broken, an error, or half of the body. */
async function startBreaking(target: string, every = 3) {
  let [requests, faults] = [0, 0]
  const paths: string[] = []
  const server = createServer((from, to) => {
    requests++
    const { pathname, search } = new URL(from.url ?? '/', target)
    if (from.method === 'GET' && !search.includes('list-type')) paths.push(pathname)
    const kind = every > 0 && requests % every === 0 ? faults++ % 3 : null
    if (kind === 0) return void from.socket.destroy()
    if (kind === 1) return void to.writeHead(503).end()
    const onward = request(
      target + from.url,
      { method: from.method ?? 'GET', headers: from.headers },
      (back) => {
        to.writeHead(back.statusCode ?? 500, back.headers)
        if (kind === null) return void back.pipe(to)
        back.once('data', (part: Buffer) => {
          to.write(part.subarray(0, part.length / 2), () => to.destroy())
        })
      },
    )
    onward.end()
  })
  const endpoint = await listen(server)
  return { endpoint, faults: () => faults, gets: () => paths, stop: () => stop(server) }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
