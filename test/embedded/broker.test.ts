import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import { createCounters } from '../../adapters/counters.ts'
import { type Broker, startBroker } from '../../embedded/broker.ts'
import { createFrontDoor } from '../../embedded/front-door.ts'
import { StoreFull } from '../../events/ports.ts'
import { soon } from '../soon.ts'
import { createGatedLog, createKeptLogger, type GatedLog } from './gated-log.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

type World = { broker: Broker; log: GatedLog; metrics: ReturnType<typeof createCounters> }

async function startWorld(): Promise<World> {
  const log = createGatedLog()
  const metrics = createCounters()
  const logger = createKeptLogger()
  const door = createFrontDoor({ log, clock: () => 1_700_000_000_000, metrics, logger, retry_after_ms: 5 })
  const broker = await startBroker({ door, host: '127.0.0.1', port: 0, metrics, logger })
  stops.push(async () => {
    log.open()
    await broker.close()
    await door.close()
  })
  return { broker, log, metrics }
}

async function connect(broker: Broker, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  })
  client.on('error', () => {})
  stops.push(() => client.endAsync(true))
  return client
}

function kept(log: GatedLog): { topic: string; text: string }[] {
  return log.commits.flat().map(({ topic, payload }) => ({ topic, text: Buffer.from(payload).toString() }))
}

function heard(client: MqttClient): string[] {
  const topics: string[] = []
  client.on('message', (topic, payload) => void topics.push(`${topic} ${payload}`))
  return topics
}

function closeOf(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()))
}

describe('a publish is acknowledged when its record is durable', () => {
  it.each([1, 2] as const)('QoS %i waits for the commit', async (qos) => {
    const { broker, log } = await startWorld()
    const client = await connect(broker)
    log.shut()
    let acknowledged = false
    const publish = client.publishAsync('ev/evse/dev-1/telemetry', '{}', { qos }).then(() => {
      acknowledged = true
    })
    await soon(() => expect(log.waiting()).toBe(1))
    // Another packet goes there and back behind it: an early PUBACK would have come before its answer.
    await client.subscribeAsync('nothing')
    expect(acknowledged).toBe(false)
    expect(log.commits).toEqual([])
    log.open()
    await publish
    expect(kept(log)).toEqual([{ topic: 'ev/evse/dev-1/telemetry', text: '{}' }])
  })

  it('a publish that the log refuses is not acknowledged: the connection ends, and the sender comes again', async () => {
    const { broker, log } = await startWorld()
    const client = await connect(broker)
    const closed = closeOf(client)
    log.fail(new StoreFull('disk full'))
    let acknowledged = false
    client.publishAsync('ev/evse/dev-1/telemetry', 'first', { qos: 1 }).then(
      () => {
        acknowledged = true
      },
      () => {},
    )
    await closed
    expect(acknowledged).toBe(false)
    log.fail(null)
    await soon(async () => {
      const again = await connect(broker)
      await again.publishAsync('ev/evse/dev-1/telemetry', 'again', { qos: 1 })
    })
    expect(kept(log)).toEqual([{ topic: 'ev/evse/dev-1/telemetry', text: 'again' }])
  })
})

describe('everything that a client publishes enters the log', () => {
  it('at QoS 0', async () => {
    const { broker, log } = await startWorld()
    const client = await connect(broker)
    await client.publishAsync('ev/evse/dev-1/telemetry', 'zero', { qos: 0 })
    await soon(() => expect(kept(log)).toEqual([{ topic: 'ev/evse/dev-1/telemetry', text: 'zero' }]))
  })

  it.each([
    'nobody/knows/this',
    'ev/evse/dev-1/downlink',
    'pilotline/config/dev-1',
    '$SYS/x/new/clients',
    '$aws/things',
    '/',
  ])('on %s', async (topic) => {
    const { broker, log } = await startWorld()
    const client = await connect(broker)
    await client.publishAsync(topic, 'x', { qos: 1 })
    expect(kept(log)).toEqual([{ topic, text: 'x' }])
    expect(log.commits[0]?.[0]?.source).toBe('mqtt')
  })

  it('retained, empty, and above 64 KB', async () => {
    const { broker, log } = await startWorld()
    const client = await connect(broker)
    const large = 'x'.repeat(100_000)
    await client.publishAsync('ev/evse/dev-1/telemetry', 'kept', { qos: 1, retain: true })
    await client.publishAsync('ev/evse/dev-1/telemetry', '', { qos: 1 })
    await client.publishAsync('ev/evse/dev-1/telemetry', large, { qos: 1 })
    expect(kept(log).map(({ text }) => text)).toEqual(['kept', '', large])
  })

  it('the will of a client that goes without a word', async () => {
    const { broker, log } = await startWorld()
    const will = {
      topic: 'ev/evse/dev-1/telemetry',
      payload: Buffer.from('gone'),
      qos: 1 as const,
      retain: false,
    }
    const client = await connect(broker, { will })
    client.stream.destroy()
    await soon(() => expect(kept(log)).toEqual([{ topic: 'ev/evse/dev-1/telemetry', text: 'gone' }]))
  })

  it('of one connection in the order of publishing', async () => {
    const { broker, log } = await startWorld()
    const client = await connect(broker)
    const numbers = Array.from({ length: 2_000 }, (_, n) => n)
    await Promise.all(
      numbers.map((n) =>
        client.publishAsync('ev/evse/dev-1/telemetry', String(n), { qos: (n % 2) as 0 | 1 }),
      ),
    )
    await soon(() => expect(kept(log)).toHaveLength(2_000))
    expect(kept(log).map(({ text }) => Number(text))).toEqual(numbers)
  })
})

describe('what one connection may make the broker hold is bounded', () => {
  it('a packet of more than 1 MB ends the connection, and is not kept', async () => {
    const { broker, log } = await startWorld()
    const client = await connect(broker)
    const closed = closeOf(client)
    client.publish('ev/evse/dev-1/telemetry', Buffer.alloc(1024 * 1024 + 1), { qos: 1 })
    await closed
    expect(log.commits).toEqual([])
  })
})

describe('subscribers see telemetry, as a courtesy', () => {
  it('live, at QoS 0', async () => {
    const { broker } = await startWorld()
    const [device, person] = [await connect(broker), await connect(broker)]
    const topics = heard(person)
    const packets: number[] = []
    person.on('message', (_topic, _payload, packet) => void packets.push(packet.qos))
    await person.subscribeAsync('ev/#', { qos: 1 })
    await device.publishAsync('ev/evse/dev-1/telemetry', 'x', { qos: 1 })
    await device.publishAsync('ev/thermostat/t-1/telemetry', 'y', { qos: 0 })
    await soon(() =>
      expect(topics.sort()).toEqual(['ev/evse/dev-1/telemetry x', 'ev/thermostat/t-1/telemetry y']),
    )
    expect(packets).toEqual([0, 0])
  })

  it('nothing is kept for those who come later', async () => {
    const { broker } = await startWorld()
    const device = await connect(broker)
    await device.publishAsync('ev/evse/dev-1/telemetry', 'old', { qos: 1, retain: true })
    const person = await connect(broker)
    const topics = heard(person)
    await person.subscribeAsync('ev/#', { qos: 1 })
    await device.publishAsync('ev/evse/dev-1/telemetry', 'new', { qos: 1 })
    await soon(() => expect(topics).toContain('ev/evse/dev-1/telemetry new'))
    expect(topics).toEqual(['ev/evse/dev-1/telemetry new'])
  })

  it('a subscriber that reads nothing does not hold up the devices', async () => {
    const { broker, log, metrics } = await startWorld()
    const [device, person] = [await connect(broker), await connect(broker)]
    await person.subscribeAsync('ev/#')
    person.stream.pause()
    const payload = Buffer.alloc(50_000)
    for (let n = 0; n < 20; n++) {
      const publishes = Array.from({ length: 100 }, () =>
        device.publishAsync('ev/evse/dev-1/telemetry', payload, { qos: 1 }),
      )
      await Promise.all(publishes)
    }
    expect(log.commits.flat()).toHaveLength(2_000)
    expect(metrics.total('mqtt_copies_dropped')).toBeGreaterThan(0)
  })
})

describe('commands come from the server alone', () => {
  it('what a client publishes on a downlink, a system or a broker topic reaches nobody', async () => {
    const { broker, log } = await startWorld()
    const [charger, intruder] = [await connect(broker), await connect(broker)]
    const topics = heard(charger)
    await charger.subscribeAsync(['ev/evse/dev-1/downlink', 'ev/#', 'pilotline/#', '$SYS/+/new/clients', '#'])
    topics.length = 0
    const command = '{"cmd":"time_sync","epoch_ms":1}'
    const aimed = [
      'ev/evse/dev-1/downlink',
      'ev/evse/dev-1/downlink/x',
      'pilotline/until/dev-1',
      '$SYS/me/new/clients',
      'any',
    ]
    for (const topic of aimed) {
      await intruder.publishAsync(topic, command, { qos: 1, retain: true })
      await intruder.publishAsync(topic, command, { qos: 0 })
    }
    await intruder.publishAsync('ev/evse/dev-1/telemetry', 'last', { qos: 1 })
    await soon(() => expect(topics).toContain('ev/evse/dev-1/telemetry last'))
    expect(new Set(topics)).toEqual(new Set(['ev/evse/dev-1/telemetry last']))
    expect(kept(log)).toHaveLength(aimed.length * 2 + 1)
  })

  it('nor does a will', async () => {
    const { broker, log } = await startWorld()
    const charger = await connect(broker)
    const topics = heard(charger)
    await charger.subscribeAsync('ev/#')
    const will = {
      topic: 'ev/evse/dev-1/downlink',
      payload: Buffer.from('command'),
      qos: 1 as const,
      retain: true,
    }
    const intruder = await connect(broker, { will })
    intruder.stream.destroy()
    await soon(() => expect(kept(log)).toEqual([{ topic: 'ev/evse/dev-1/downlink', text: 'command' }]))
    const device = await connect(broker)
    await device.publishAsync('ev/evse/dev-2/telemetry', 'last', { qos: 1 })
    await soon(() => expect(topics).toEqual(['ev/evse/dev-2/telemetry last']))
  })

  it('the server’s own reach the device, whatever its id', async () => {
    const { broker, log } = await startWorld()
    const charger = await connect(broker)
    const topics = heard(charger)
    await charger.subscribeAsync('ev/evse/a%2Fb%23/downlink')
    await broker.downlink.send('evse', 'a/b#', { cmd: 'time_sync', epoch_ms: 5 })
    await soon(() => expect(topics).toEqual(['ev/evse/a%2Fb%23/downlink {"cmd":"time_sync","epoch_ms":5}']))
    expect(log.commits).toEqual([])
  })

  it('a command is not kept for a device that is away: its time would be the wrong one when it comes back', async () => {
    const { broker } = await startWorld()
    const session = { clientId: 'dev-1', clean: false }
    const before = await connect(broker, session)
    await before.subscribeAsync('ev/evse/dev-1/downlink', { qos: 1 })
    await before.endAsync()
    await broker.downlink.send('evse', 'dev-1', { cmd: 'time_sync', epoch_ms: 1 })
    const after = await mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { ...session, reconnectPeriod: 0 })
    stops.push(() => after.endAsync(true))
    const topics = heard(after)
    await new Promise<void>((resolve) => after.once('connect', () => resolve()))
    await broker.downlink.send('evse', 'dev-1', { cmd: 'time_sync', epoch_ms: 2 })
    await soon(() => expect(topics).toEqual(['ev/evse/dev-1/downlink {"cmd":"time_sync","epoch_ms":2}']))
  })
})

describe('at the end', () => {
  it('every connection is closed, those that never said CONNECT too', async () => {
    const { broker } = await startWorld()
    const client = await connect(broker)
    const closed = closeOf(client)
    const silent = connectSocket(broker.port, '127.0.0.1')
    silent.on('error', () => {})
    await once(silent, 'connect')
    const ended = once(silent, 'close')
    await broker.close()
    await Promise.all([closed, ended])
    expect(broker.connections()).toBe(0)
  })

  it('a port in use is refused', async () => {
    const { broker } = await startWorld()
    const door = { admit: async () => ({ received_at: 0 }) }
    const parts = {
      door,
      host: '127.0.0.1',
      port: broker.port,
      metrics: createCounters(),
      logger: createKeptLogger(),
    }
    await expect(startBroker(parts)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
