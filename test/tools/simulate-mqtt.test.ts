import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Broker, startBroker } from '../../embedded/broker.ts'
import { parseReport } from '../../events/parse.ts'
import type { Arriving } from '../../events/ports.ts'
import { runSimulate } from '../../tools/simulate-command.ts'

type Message = { topic: string; payload: string }

let folder = ''
let broker: Broker
let admitted: Message[]
let connections: number
/** How many publishes the broker still refuses. */
let refusals: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotline-simulate-'))
  admitted = []
  connections = 0
  refusals = 0
  const admit = async ({ topic, payload }: Arriving) => {
    connections = Math.max(connections, broker.connections())
    if (refusals-- > 0) throw new Error('the log is full')
    admitted.push({ topic, payload: new TextDecoder().decode(payload) })
    return { received_at: 0 }
  }
  const logger = { info() {}, warn() {}, error() {} }
  const metrics = { count() {}, gauge() {} }
  broker = await startBroker({ door: { admit }, host: '127.0.0.1', port: 0, metrics, logger })
})
afterEach(async () => {
  await broker.close()
  await rm(folder, { recursive: true })
})

/** What was simulated into the broker, and the same run in a file. */
async function simulate(...argv: string[]): Promise<{ code: number; err: string; written: Message[] }> {
  const out = join(folder, 'events.ndjson')
  let err = ''
  const streams = {
    out: { write() {} },
    err: (text: string) => {
      err += text
    },
    tty: null,
  }
  const mqtt = ['--mqtt', `mqtt://127.0.0.1:${broker.port}`, '--speed', '10000']
  const code = await runSimulate([...argv, ...mqtt, '--out', out], streams)
  const written = (await readFile(out, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Message)
  return { code, err, written }
}

function byTopic(messages: Message[]): Record<string, string[]> {
  const topics = Object.groupBy(messages, ({ topic }) => topic)
  return Object.fromEntries(
    Object.entries(topics).map(([topic, all = []]) => [topic, all.map(({ payload }) => payload)]),
  )
}

const fleet = ['--seed', '7', '--evse', '6', '--thermostats', '4', '--hours', '6', '--faults', 'orderly']

describe('npm run simulate --mqtt', () => {
  it('publishes every message to its device’s topic, each device’s in the order in which they are sent', async () => {
    const { code, err, written } = await simulate(...fleet)
    expect(code).toBe(0)
    expect(written.length).toBeGreaterThan(50)
    expect(err).toBe(`${written.length.toLocaleString('en-US')} messages of 10 devices\n`)
    expect(byTopic(admitted)).toEqual(byTopic(written))
    for (const { topic, payload } of admitted)
      expect(parseReport({ topic, payload: new TextEncoder().encode(payload) })).toHaveProperty('report')
  })

  it('with a connection for each device, all of which are closed at the end', async () => {
    await simulate(...fleet)
    expect(connections).toBe(10)
    await expect.poll(() => broker.connections()).toBe(0)
  })

  it('that ends now, however fast it goes', async () => {
    const begun = Date.now()
    await simulate(...fleet)
    const claimed = admitted.map(({ payload }) => (JSON.parse(payload) as { timestamp: number }).timestamp)
    expect(Math.min(...claimed)).toBeGreaterThan(begun - 6 * 3_600_000 - 1000)
    expect(Math.max(...claimed)).toBeLessThan(begun)
  })

  it('sends again what the broker did not take, and ends when all of it is acknowledged', async () => {
    refusals = 3
    const { code, written } = await simulate(...fleet)
    expect([code, refusals < 0]).toEqual([0, true])
    const taken = byTopic(admitted)
    for (const [topic, payloads] of Object.entries(byTopic(written)))
      expect(new Set(taken[topic])).toEqual(new Set(payloads))
  })

  it('ends with 2 where no broker answers, and says where', async () => {
    const port = broker.port
    await broker.close()
    const { code, err } = await simulate(...fleet)
    expect(code).toBe(2)
    expect(err).toMatch(
      new RegExp(`^simulate: --mqtt: no broker at mqtt://127.0.0.1:${port}: .*ECONNREFUSED`),
    )
  }, 60_000)

  it('plays a scenario', async () => {
    const { written } = await simulate('--scenario', 'plug; charge 10m; pull', '--firmware', 'correct')
    expect(written).toHaveLength(4)
    expect(admitted.map(({ payload }) => payload)).toEqual(written.map(({ payload }) => payload))
  })
})
