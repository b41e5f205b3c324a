import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { telemetryTopic } from '../../events/topics.ts'
import { freePort, type Served, type ServedOptions, serve } from './served.ts'

/** Five in a run of all tests; `npm run test:long` asks for more. */
const KILLS = Number(process.env.KILLS ?? 5)
const CHARGERS = 4
const SESSIONS = 12 * KILLS
const STEPS = ['B', 'C', 'C', 'C', 'C', 'C', 'C', 'C', 'B', 'A']
const KWH_A_STEP = 0.1
const START = Date.UTC(2026, 10, 2)

let options: ServedOptions

beforeAll(async () => {
  const data = await mkdtemp(join(tmpdir(), 'pilotline-kill-'))
  options = { data, mqtt_port: await freePort(), http_port: await freePort() }
})

afterAll(() => rm(options.data, { recursive: true, force: true }))

/** All that a charger will say: sessions whose register rises with every C but the first. */
function lifeOf(device_id: string): string[] {
  return Array.from({ length: SESSIONS * STEPS.length }, (_, n) => {
    const step = n % STEPS.length
    const kwh = Math.min(Math.max(step - 1, 0), 6) * KWH_A_STEP
    return JSON.stringify({
      device_id,
      device_type: 'evse',
      event_type: step === 0 ? 'session_start' : 'state_change',
      timestamp: START + n * 60_000,
      pilot_state: STEPS[step],
      energy_delivered_kwh: Number(kwh.toFixed(4)),
      session_id: `${device_id}-${Math.floor(n / STEPS.length)}`,
    })
  })
}

/** Publishes a charger's life with QoS 1, pipelined; counts what is acknowledged. */
async function publish(
  client: MqttClient,
  device_id: string,
  acknowledged: { count: number },
): Promise<void> {
  const topic = telemetryTopic('evse', device_id)
  const life = lifeOf(device_id)
  for (let from = 0; from < life.length; from += 20) {
    const some = life.slice(from, from + 20).map((message) => client.publishAsync(topic, message, { qos: 1 }))
    await Promise.all(some)
    acknowledged.count += some.length
  }
}

test(
  `killed with SIGKILL ${KILLS} times under load, it loses nothing acknowledged and counts nothing twice`,
  async () => {
    let served: Served = await serve(options)
    const devices = Array.from({ length: CHARGERS }, (_, n) => `kill-${n}`)
    const clients = devices.map((clientId) =>
      mqtt.connect(served.mqtt_url, { protocolVersion: 4, clientId, reconnectPeriod: 50, clean: false }),
    )
    const acknowledged = { count: 0 }
    const total = CHARGERS * SESSIONS * STEPS.length
    const published = Promise.all(devices.map((id, n) => publish(clients[n] as MqttClient, id, acknowledged)))
    for (let kill = 1; kill <= KILLS; kill++) {
      await until(() => acknowledged.count >= (total * kill) / (KILLS + 1))
      await served.kill()
      served = await serve(options)
    }
    await published
    await Promise.all(clients.map((client) => client.endAsync()))
    await until(async () => (await served.get<{ lag: { records: number } }>('/health')).lag.records === 0)

    for (const device_id of devices) {
      const rows = await all<Row>(served, `/v1/devices/${device_id}/events?origin=device`)
      expect(rows.map(({ event_time }) => event_time)).toEqual(
        Array.from({ length: SESSIONS * STEPS.length }, (_, n) => START + n * 60_000),
      )
      const sessions = await all<Session>(served, `/v1/sessions?device_id=${device_id}`)
      const whole = sessions.map(({ device_session_id, energy_kwh, end_reason }) => ({
        device_session_id,
        energy_kwh,
        end_reason,
      }))
      expect(whole.reverse()).toEqual(
        Array.from({ length: SESSIONS }, (_, n) => ({
          device_session_id: `${device_id}-${n}`,
          energy_kwh: 0.6,
          end_reason: 'unplugged',
        })),
      )
    }
    await served.kill()
  },
  // A process of a busy machine takes its time to start.
  60_000 + KILLS * 60_000,
)

type Row = { event_time: number }
type Session = { device_session_id: string; energy_kwh: number; end_reason: string }

async function all<T>(served: Served, path: string): Promise<T[]> {
  const items: T[] = []
  for (let cursor = ''; ; ) {
    const page = await served.get<{ items: T[]; next_cursor: string | null }>(`${path}&limit=500${cursor}`)
    items.push(...page.items)
    if (page.next_cursor === null) return items
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
