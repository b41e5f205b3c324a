/** The API over a home in memory, filled as a real one is: by messages through the front door and the processor. */
import { readFile } from 'node:fs/promises'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { expect } from 'vitest'
import { memoryLog } from '../../adapters/memory-log.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { createApi } from '../../api/app.ts'
import type { ApiPorts, StaticPage } from '../../api/ports.ts'
import { PAGE_FILES } from '../../dashboard/page-files.ts'
import { createFrontDoor, feedBy } from '../../embedded/front-door.ts'
import type { DeviceType } from '../../events/event.ts'
import { telemetryTopic } from '../../events/topics.ts'
import { processBatch } from '../../processors/process-batch.ts'

export const T0 = Date.UTC(2026, 2, 2, 8)
export const MINUTE = 60_000

export type Home = Awaited<ReturnType<typeof createHome>>
export type Answered = { status: number; headers: Headers; body: Body }
/** What an answer holds is for each test to say. */
// biome-ignore lint/suspicious/noExplicitAny: a parsed answer is walked freely here
export type Body = any

const quiet = { info() {}, warn() {} }

export async function createHome(over: Partial<ApiPorts> = {}) {
  const clock = { now: T0 }
  let room = Number.POSITIVE_INFINITY
  const log = memoryLog({ room: () => room })
  const store = memoryStore()
  const errors: unknown[] = []
  const logger = {
    ...quiet,
    error: (message: string, fields?: unknown) => void errors.push([message, fields]),
  }
  const metrics = { count() {}, gauge() {} }
  const door = createFrontDoor({ log, clock: () => clock.now, metrics, logger, retry_after_ms: 1 })
  const sent: { device_type: DeviceType; device_id: string; message: Record<string, unknown> }[] = []
  const ports: ApiPorts = {
    store,
    door,
    downlink: {
      send: async (device_type, device_id, message) => void sent.push({ device_type, device_id, message }),
    },
    now: () => clock.now,
    health: async () => ({ front_door: await door.look(), lag: { records: 0, seconds: 0 } }),
    pages: await readPages(),
    logger,
    ...over,
  }
  const app = createApi(ports)

  /** Moves the store to where the log is. */
  async function settle(): Promise<void> {
    for (;;) {
      const records = await log.read(await store.position('test'), 1_000)
      if (records.length === 0) return
      await processBatch(records, { store, metrics, logger, feed: feedBy(door) }, 'test')
    }
  }

  async function ask(path: string, init?: RequestInit): Promise<Answered> {
    const { status, headers, text } = await askText(path, init)
    return { status, headers, body: text === '' ? null : JSON.parse(text) }
  }

  async function askText(path: string, init?: RequestInit) {
    const response = await app.request(path, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  /** A device's message, `at` minutes after T0, processed. */
  async function say(
    type: DeviceType,
    device_id: string,
    at_min: number,
    fields: Record<string, unknown>,
  ): Promise<void> {
    clock.now = Math.max(clock.now, T0 + at_min * MINUTE)
    const message = { device_id, timestamp: T0 + at_min * MINUTE, ...fields }
    const payload = new TextEncoder().encode(JSON.stringify(message))
    await door.admit({ source: 'mqtt', topic: telemetryTopic(type, device_id), payload })
    await settle()
  }

  async function putConfig(device_id: string, config: unknown): Promise<Answered> {
    const answered = await ask(`/v1/config/${encodeURIComponent(device_id)}`, jsonRequest('PUT', config))
    await settle()
    return answered
  }

  const setRoom = (records: number) => {
    room = records
  }
  return { app, ask, askText, say, putConfig, settle, clock, store, log, door, sent, errors, setRoom }
}

export function jsonRequest(method: string, body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** A whole session: B, C, telemetry, A. Energy in kWh; the end is `at + 60` minutes. */
export async function chargeOnce(home: Home, device_id: string, at: number, of = {}): Promise<void> {
  const said = { session_id: `${device_id}-${at}`, ...of }
  await home.say('evse', device_id, at, { ...said, pilot_state: 'B', energy_delivered_kwh: 0 })
  await home.say('evse', device_id, at + 5, { ...said, pilot_state: 'C', current_draw: 16, voltage_v: 230 })
  await home.say('evse', device_id, at + 35, { ...said, pilot_state: 'B', energy_delivered_kwh: 1.84 })
  await home.say('evse', device_id, at + 60, { ...said, pilot_state: 'A', energy_delivered_kwh: 1.84 })
}

/** The answer is as the document says; a failure shows what is not. */
export function expectSchema(schema: TSchema, body: unknown): void {
  expect(Value.Errors(schema, body)).toEqual([])
}

async function readPages(): Promise<Map<string, StaticPage>> {
  const folder = new URL('../../dashboard/', import.meta.url)
  const pages = PAGE_FILES.map(async ({ path, file, type }) => {
    const body = await readFile(new URL(file, folder), 'utf8')
    return [path, { type, body }] as const
  })
  return new Map(await Promise.all(pages))
}
