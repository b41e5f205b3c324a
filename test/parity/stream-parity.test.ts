/** Both homes come to the same rows and states, item by item, whatever happens to the one on AWS on the way. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { withDuplicates } from '../simulation/arrivals.ts'
import { lifeOf, type Random, type Record0, randomOf } from '../simulation/device-life.ts'
import { startDynalite } from '../stand-ins/dynalite.ts'
import { startFaultyProxy } from '../stand-ins/faulty-proxy.ts'
import { startKinesalite } from '../stand-ins/kinesalite.ts'
import { type AwsHome, awsRun, CLEAR, STORMY, UNCONDITIONAL, type Weather } from './aws-home.ts'
import { embeddedRun } from './embedded-home.ts'

/** A few in a run of all tests; `PARITY_SEEDS=200 npx vitest run test/parity` asks for more. */
const SEEDS = Number(process.env.PARITY_SEEDS ?? 4)
const DEVICES = ['dev-1', 'a/b', '__proto__']

let home: AwsHome

beforeAll(async () => {
  const [dynalite, kinesis] = await Promise.all([startDynalite(), startKinesalite()])
  const [to_dynamodb, to_kinesis] = await Promise.all([
    startFaultyProxy(dynalite.endpoint),
    startFaultyProxy(kinesis.endpoint),
  ])
  home = { dynalite, kinesis, to_dynamodb, to_kinesis }
})
beforeEach(() => {
  for (const level of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})
afterAll(async () => {
  for (const part of [home.to_dynamodb, home.to_kinesis, home.kinesis, home.dynalite]) await part.stop()
})

/** A few devices, their records woven together as they were received. */
function worldOf(seed: number): Record0[] {
  const random = randomOf(seed)
  const lives = DEVICES.map((device_id) => lifeOf(device_id, random, 10 + random.below(20)))
  return lives.flat().sort((a, b) => a.received_at - b.received_at)
}

function withPoison(records: readonly Record0[], random: Random): Record0[] {
  return records.flatMap((record) => {
    if (!random.chance(0.05)) return [record]
    return [
      record,
      { ...record, source: 'mqtt' as const, payload: new TextEncoder().encode('{"pilot_state":') },
    ]
  })
}

async function differs(seed: number, weather: Weather): Promise<boolean> {
  const random = randomOf(seed * 7919)
  const records = worldOf(seed)
  const clean = await embeddedRun(records)
  const stormy = await awsRun(home, withDuplicates(records, random, 0.2), random, weather)
  return JSON.stringify(sorted(stormy)) !== JSON.stringify(sorted(clean))
}

/** Fields by name: the stores give them in different orders. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([name, held]) => [name, sorted(held)])
}

test('on a clear day both homes are the same, poison in quarantine included', async () => {
  const random = randomOf(1)
  const records = withPoison(worldOf(1), random)
  const [embedded, aws] = [await embeddedRun(records), await awsRun(home, records, random, CLEAR)]
  for (const [table, rows] of Object.entries(embedded)) expect(aws[table], table).toEqual(rows)
  for (const table of ['events', 'summaries', 'states', 'identities', 'config', 'quarantine'])
    expect(embedded[table]?.length, table).toBeGreaterThan(0)
})

test(
  `duplicates, re-cut batches, deaths, zombies, throttling and lost answers change nothing (${SEEDS} seeds)`,
  async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = randomOf(seed * 7919)
      const records = worldOf(seed)
      const embedded = await embeddedRun(records)
      const aws = await awsRun(home, withDuplicates(records, random, 0.2), random, STORMY)
      for (const [table, rows] of Object.entries(embedded))
        expect(aws[table], `SEED=${seed} ${table}`).toEqual(rows)
    }
  },
  60_000 + SEEDS * 60_000,
)

test('a store without its conditions is caught', async () => {
  let caught = false
  for (let seed = 1; seed <= 40 && !caught; seed++) caught = await differs(seed, UNCONDITIONAL)
  expect(caught).toBe(true)
}, 600_000)
