/** A running server as the target of an import, over its HTTP API. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceType } from '../events/event.ts'
import type { Page } from '../events/ports.ts'
import type { StoredConfig } from '../processors/import-ports.ts'
import { ImportBroken, type ImportTarget, TargetRefused } from './import-target.ts'

/** Requests on their way at once: enough for the server to share its commits among them. */
const LANES = 32
const ANSWER_LIMIT_MS = 30_000
const ATTEMPTS = 4

/** `url` is an origin such as `http://127.0.0.1:8080`. Rejects with TargetRefused where no server of ours answers. */
export async function openServer(url: string): Promise<ImportTarget> {
  await checkHealth(url)
  const inOrder = createLanes()
  return {
    admit: ({ topic, payload }) =>
      inOrder(topic, async () => {
        const body = await send(
          `${url}/v1/events?source=import&topic=${encodeURIComponent(topic)}`,
          'POST',
          payload,
        )
        return body as { received_at: number }
      }),
    putConfig: ({ device_id, config, effective_from }) =>
      inOrder(device_id, () => {
        const body = new TextEncoder().encode(JSON.stringify({ config, effective_from }))
        return send(`${url}/v1/config/${encodeURIComponent(device_id)}`, 'PUT', body)
      }),
    deviceType: async (device_id) => {
      const device = await ask(`${url}/v1/devices/${encodeURIComponent(device_id)}`)
      return (device as { device_type: DeviceType } | null)?.device_type ?? null
    },
    configHistory: async (device_id, limit, cursor) => {
      const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) })
      const page = await ask(`${url}/v1/config/${encodeURIComponent(device_id)}/history?${query}`)
      return (page as Page<StoredConfig> | null) ?? { items: [], next_cursor: null }
    },
    finish: async () => null,
    close: async () => {},
  }
}

async function checkHealth(url: string): Promise<void> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
    const health: unknown = await response.json()
    if (typeof health === 'object' && health !== null && 'front_door' in health) return
  } catch (error) {
    throw new TargetRefused(`no server answers at ${url}: ${reasonOf(error)}`)
  }
  throw new TargetRefused(`what answers at ${url} is no Pilotline`)
}

/** Runs tasks of one name one after the other, in the order given, and those of others beside them. */
function createLanes(): <T>(name: string, task: () => Promise<T>) => Promise<T> {
  const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve())
  return (name, task) => {
    const lane = laneOf(name)
    // A task behind a failed one must not overtake it: it fails too.
    const done = (lanes[lane] as Promise<unknown>).then(task)
    lanes[lane] = done
    return done
  }
}

function laneOf(name: string): number {
  let sum = 0
  for (let i = 0; i < name.length; i++) sum = (sum * 31 + name.charCodeAt(i)) | 0
  return Math.abs(sum) % LANES
}

/** The answer's JSON, or null for what there is not. */
async function ask(address: string): Promise<unknown> {
  const response = await answer(address, { method: 'GET' })
  if (response.status === 404) return null
  return bodyOf(response)
}

async function send(address: string, method: 'POST' | 'PUT', body: Uint8Array): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  return bodyOf(await answer(address, { method, headers, body }))
}

/** A server that is full or busy says so with a 503, and that it kept nothing: ask again, for a while. */
async function answer(address: string, init: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    let response: Response
    try {
      response = await fetch(address, { ...init, signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
    } catch (error) {
      throw new ImportBroken(`the server no longer answers: ${reasonOf(error)}`)
    }
    if (response.status !== 503 || attempt === ATTEMPTS) return response
    await response.body?.cancel()
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1_000)
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return body
  const detail = (body as { detail?: unknown } | null)?.detail
  throw new ImportBroken(`the server refuses it: ${response.status} ${detail ?? response.statusText}`)
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : message
}
