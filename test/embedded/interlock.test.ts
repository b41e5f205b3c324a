import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { configArriving } from '../../events/config-record.ts'
import { soon } from '../soon.ts'
import { createKeptLogger } from './gated-log.ts'

const T0 = 1_700_000_000_000
const PAIR = 'pair:house:main'
let data: string
const stops: (() => unknown)[] = []

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'pilotline-interlock-'))
  stops.push(() => rmSync(data, { recursive: true, force: true }))
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** A house whose charger and thermostat are on one circuit. */
async function start(clock: () => number) {
  const logger = createKeptLogger()
  const fatal: Error[] = []
  const onFatal = (error: Error) => void fatal.push(error)
  const home = await startEmbedded({ data, mqtt_port: 0, http_port: 0, logger, onFatal, clock })
  stops.push(home.stop)
  const url = `mqtt://127.0.0.1:${home.mqtt_port}`
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 })
  client.on('error', () => {})
  stops.push(() => client.endAsync(true))
  return { home, client, logger, fatal }
}

async function pair(home: Embedded): Promise<void> {
  for (const [device_id, device_type] of [
    ['bay', 'evse'],
    ['hall', 'thermostat'],
  ] as const) {
    const config = { device_type, location: 'house', interlock_circuit: 'main' }
    await home.door.admit(configArriving({ device_id, effective_from: 0, written_at: T0, config }))
  }
}

const draw = (client: MqttClient, at: number, amps: number) =>
  say(client, 'evse', 'bay', at, { pilot_state: amps > 0 ? 'C' : 'B', current_draw: amps })
const call = (client: MqttClient, at: number, on: boolean) =>
  say(client, 'thermostat', 'hall', at, { heating_call: on })

function say(client: MqttClient, type: string, device_id: string, at: number, fields: object) {
  const message = JSON.stringify({ device_id, timestamp: at, ...fields })
  return client.publishAsync(`ev/${type}/${device_id}/telemetry`, message, { qos: 1 })
}

async function alarms(home: Embedded): Promise<Record<string, unknown>[]> {
  const by = { device_id: PAIR }
  const query = { kind: 'alarm' as const, by, from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1000 }
  return (await home.reads.summaries(query)).items.map(({ body }) => body)
}

describe('the interlock in the whole system', () => {
  it('a charger that draws on while the house calls is alarmed by the sweep, and the alarm ends with it', async () => {
    let now = T0
    const { home, client, fatal } = await start(() => now)
    await pair(home)
    await draw(client, T0, 16)
    await call(client, T0 + 5_000, true)
    now = T0 + 60_000
    await soon(async () => expect(await alarms(home)).toMatchObject([{ ended_at: null }]))
    await draw(client, now, 0)
    await soon(async () =>
      expect(await alarms(home)).toMatchObject([
        { alarm: 'interlock_violation', device_id: PAIR, started_at: T0 + 5_000, ended_at: now },
      ]),
    )
    expect(fatal).toEqual([])
  })

  it('a stop in the middle loses nothing of it', async () => {
    const { home, client } = await start(() => T0 + 3_600_000)
    await pair(home)
    const rounds = Array.from({ length: 50 }, (_, n) => T0 + n * 60_000)
    await Promise.all(
      rounds.flatMap((at) => [
        draw(client, at, 16),
        call(client, at + 5_000, true),
        draw(client, at + 30_000, 0),
        call(client, at + 40_000, false),
      ]),
    )
    const drained = await home.stop()
    const again = await start(() => T0 + 3_600_000)
    await soon(async () => expect(await alarms(again.home)).toHaveLength(50))
    if (drained) expect(again.home.figures().events).toBe(0)
    const { items } = await again.home.reads.eventsOfDevice(PAIR, {
      from: { ts: 0, ord: '' },
      to: { ts: Number.MAX_SAFE_INTEGER, ord: '' },
      origin: 'device',
      limit: 1000,
    })
    expect(items).toHaveLength(200)
  })
})
