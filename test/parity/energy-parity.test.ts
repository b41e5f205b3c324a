/** `GET /v1/energy` and `/v1/query` of both homes: over a night and what is newer than it, the same answers. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { createApi } from '../../api/app.ts'
import { filesOf } from '../../embedded/folder.ts'
import { configArriving } from '../../events/config-record.ts'
import type { LogRecord } from '../../events/record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { charger, recordAt } from '../archive/archived-records.ts'
import { createNightHome, type NightHome } from '../archive/night-home.ts'
import { noMetrics, silentLogger } from '../simulation/consumer.ts'
import { type Athena, startAthena } from '../stand-ins/athena.ts'
import { setEnvironment } from '../stand-ins/lambda-home.ts'
import { type AwsNightHome, startAwsNightHome } from './aws-night-home.ts'

const HOUR = 3_600_000
/** 22:00 of a day long ago: the session goes on over midnight. */
const EVENING = Date.UTC(2024, 0, 15, 22)
const NOW = EVENING + 5 * HOUR

let aws: AwsNightHome
let embedded: NightHome
let athena: Athena

beforeAll(async () => {
  ;[aws, embedded, athena] = await Promise.all([startAwsNightHome(), createNightHome(), startAthena()])
  const records = said()
  const taken = await embedded.take(records)
  await processBatch(taken, { store: embedded.hot, metrics: noMetrics, logger: silentLogger }, 'charts')
  const log = await aws.append(records)
  await aws.land(log)
  await aws.process(log)
}, 120_000)
afterEach(() => vi.unstubAllEnvs())
afterAll(async () => {
  await Promise.all([aws.stop(), embedded.close(), athena.stop()])
})

function said(): LogRecord[] {
  const configs = ['dev-1', 'dev-2'].map((device_id) => {
    const config = { device_type: 'evse' as const, location: 'garage', timezone: 'Europe/Berlin' }
    const { topic, payload } = configArriving({
      device_id,
      effective_from: 0,
      written_at: EVENING - HOUR,
      config,
    })
    return recordAt(1, EVENING - HOUR, topic, payload, 'internal')
  })
  return [...configs, ...session('dev-1', EVENING, 24), ...session('dev-2', EVENING - 7 * HOUR, 6)]
}

/** 3 kW, a reading every ten minutes, and unplugged behind the last. */
function session(device_id: string, from: number, readings: number): LogRecord[] {
  const at = (min: number, more: object) => charger(1, from + min * 60_000, { ...more }, device_id)
  return [
    at(0, { event_type: 'session_start', pilot_state: 'B', energy_delivered_kwh: 0 }),
    ...Array.from({ length: readings }, (_, n) =>
      at((n + 1) * 10, {
        pilot_state: 'C',
        current_draw: 12.5,
        voltage_v: 240,
        energy_delivered_kwh: (n + 1) / 2,
      }),
    ),
    at(readings * 10 + 1, { pilot_state: 'A', current_draw: 0, energy_delivered_kwh: readings / 2 }),
  ]
}

async function askEmbedded(path: string) {
  const reads = sqliteReads(filesOf(embedded.data).hot)
  const api = createApi({
    store: reads,
    energy: embedded.book.energy,
    door: { admit: async () => ({ received_at: 0 }) },
    downlink: { send: async () => {} },
    now: () => NOW,
    health: async () => ({}),
    pages: new Map(),
    logger: silentLogger,
  })
  const answer = await api.request(path)
  reads.close()
  return { status: answer.status, body: await answer.json() }
}

/** By the function, as API Gateway calls it. */
async function askAws(path: string) {
  vi.resetModules()
  const { table_prefix, stream, dynalite } = aws
  setEnvironment({
    dynamodb: dynalite.endpoint,
    kinesis: 'http://127.0.0.1:9',
    table_prefix,
    stream,
    athena: athena.endpoint,
  })
  vi.setSystemTime(NOW)
  const { handler } = await import('../../api/api.lambda.ts')
  const [rawPath = '', rawQueryString = ''] = path.split('?')
  const event = {
    version: '2.0',
    rawPath,
    rawQueryString,
    headers: { host: 'api.example' },
    requestContext: { http: { method: 'GET', path: rawPath }, domainName: 'api.example' },
    isBase64Encoded: false,
  }
  const answer = (await handler(event as never)) as unknown as { statusCode: number; body: string }
  vi.useRealTimers()
  return { status: answer.statusCode, body: JSON.parse(answer.body) }
}

const QUESTIONS = ['device_id=dev-1', 'device_id=dev-2', 'location=garage', 'location=nowhere'].flatMap(
  (of) => ['hour', 'day', 'month'].map((by) => `/v1/energy?${of}&by=${by}`),
)

it('energy has no seam and no difference: before a night, and after it', { timeout: 300_000 }, async () => {
  const total = ({ body }: { body: unknown }) =>
    (body as { items: { delivered_kwh: number }[] }).items.reduce(
      (sum, { delivered_kwh }) => sum + delivered_kwh,
      0,
    )
  for (const night of [null, '2024-01-15']) {
    if (night) {
      await embedded.night(night, { now: () => NOW })
      await aws.night(night)
    }
    for (const question of QUESTIONS) {
      const answer = await askAws(question)
      expect(answer, `${question} after ${night}`).toEqual(await askEmbedded(question))
      expect(answer.status).toBe(200)
      expect(answer.body.aggregated_until).toBe(night ? Date.UTC(2024, 0, 16) : 0)
      const expected = { 'device_id=dev-1': 12, 'device_id=dev-2': 3, 'location=garage': 15 }
      const [, of = ''] = /\?(.*)&/.exec(question) ?? []
      expect(total(answer), question).toBeCloseTo(expected[of as keyof typeof expected] ?? 0, 6)
    }
  }
})

it('a question in SQL goes to Athena, in the workgroup that the function is told', async () => {
  athena.onQuestion(async () => ({
    answer: { columns: [{ name: 'n', type: 'BIGINT' }], rows: [['7']], truncated: false },
  }))
  expect(await askAws('/v1/query?sql=select%20count(*)%20as%20n%20from%20events')).toMatchObject({
    status: 200,
    body: { columns: [{ name: 'n', type: 'BIGINT' }], rows: [['7']], truncated: false },
  })
  expect(athena.calls[0]?.body).toMatchObject({
    QueryString: 'select count(*) as n from events',
    WorkGroup: 'pilotline-test-questions',
    QueryExecutionContext: { Database: 'pilotline_test_archive' },
  })
  athena.calls.length = 0
  expect(await askAws('/v1/query?sql=drop%20table%20events')).toMatchObject({
    status: 400,
    body: { parameter: 'sql' },
  })
  expect(athena.calls).toEqual([])
})
