import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listen } from '../../embedded/listen.ts'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { StartRefused } from '../../embedded/start-refused.ts'
import { soon } from '../soon.ts'
import { createKeptLogger } from './gated-log.ts'

const DAY_MS = 86_400_000
let data: string
const stops: (() => unknown)[] = []

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'pilotline-start-'))
  stops.push(() => rmSync(data, { recursive: true, force: true }))
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function start(of: { clock?: () => number; mqtt_port?: number } = {}) {
  const logger = createKeptLogger()
  const fatal: Error[] = []
  const onFatal = (error: Error) => void fatal.push(error)
  const home = await startEmbedded({ data, mqtt_port: 0, http_port: 0, logger, onFatal, ...of })
  stops.push(home.stop)
  return { home, logger, fatal }
}

async function connect(home: Embedded): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${home.mqtt_port}`
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 })
  client.on('error', () => {})
  stops.push(() => client.endAsync(true))
  return client
}

function say(client: MqttClient, device_id: string, fields: Record<string, unknown>): Promise<unknown> {
  const message = JSON.stringify({ device_id, ...fields })
  return client.publishAsync(`ev/evse/${device_id}/telemetry`, message, { qos: 1 })
}

async function sessions(home: Embedded): Promise<Record<string, unknown>[]> {
  const query = { kind: 'session', by: 'all', from: 0, to: Number.MAX_SAFE_INTEGER, limit: 10 } as const
  return (await home.reads.summaries(query)).items.map(({ body }) => body)
}

describe('the whole system over one folder', () => {
  it('a device whose clock is not set is told the time', async () => {
    const { home } = await start({ clock: () => 1_700_000_000_000 })
    const device = await connect(home)
    const told: unknown[] = []
    device.on('message', (_topic, payload) => void told.push(JSON.parse(String(payload))))
    await device.subscribeAsync('ev/evse/dev-1/downlink')
    await say(device, 'dev-1', { timestamp: 123_456, pilot_state: 'A' })
    await say(device, 'dev-1', { timestamp: 124_456, pilot_state: 'B' })
    await soon(() => expect(home.figures().events).toBe(2))
    await soon(() => expect(told).toEqual([{ cmd: 'time_sync', epoch_ms: 1_700_000_000_000 }]))
  })

  it('a device that falls silent has its timers come due: the sweep moves its time', async () => {
    let now = 1_700_000_000_000
    const { home } = await start({ clock: () => now })
    const device = await connect(home)
    await say(device, 'dev-1', { timestamp: now, pilot_state: 'B' })
    await soon(async () => expect(await sessions(home)).toMatchObject([{ ended_at: null }]))
    now += 8 * DAY_MS
    await soon(async () => expect(await sessions(home)).toMatchObject([{ end_reason: 'timeout' }]))
    expect(home.figures().quarantined).toBe(0)
  })

  it('what a client says in the system’s name is quarantined', async () => {
    const { home } = await start()
    const client = await connect(home)
    await client.publishAsync('pilotline/until/dev-1', '{"device_id":"dev-1","until":1}', { qos: 1 })
    await client.publishAsync('ev/evse/dev-1/downlink', '{"cmd":"time_sync","epoch_ms":1}', { qos: 1 })
    await soon(() => expect(home.figures().quarantined).toBe(2))
  })

  it('stopping says whether everything was read, and may be asked twice', async () => {
    const { home } = await start()
    const client = await connect(home)
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        say(client, 'dev-1', { timestamp: 1_700_000_000_000 + n, pilot_state: 'A' }),
      ),
    )
    expect(await Promise.all([home.stop(), home.stop()])).toEqual([true, true])
    const again = await start()
    expect((await again.home.reads.counts()).devices).toBe(1)
    expect(again.home.figures()).toMatchObject({ lag_records: 0, records_in: 0 })
  })

  it('health names the front door, the consumer and the lag', async () => {
    const { home } = await start()
    const response = await fetch(`http://127.0.0.1:${home.http_port}/health`)
    expect(await response.json()).toMatchObject({
      status: 'ok',
      front_door: { state: 'open' },
      consumer: { state: 'well', failures: 0 },
      lag: { records: 0, seconds: 0 },
      mqtt: { connections: 0 },
    })
  })
})

describe('a start that is refused leaves nothing behind', () => {
  it('a second one on the same folder, and the first goes on', async () => {
    const { home } = await start()
    await expect(start()).rejects.toBeInstanceOf(StartRefused)
    const client = await connect(home)
    await say(client, 'dev-1', { timestamp: 1_700_000_000_000, pilot_state: 'A' })
    await soon(() => expect(home.figures().events).toBe(1))
  })

  it('one whose port is taken: the folder is free again', async () => {
    const server = createServer()
    const mqtt_port = await listen(server, 0, '127.0.0.1')
    await expect(start({ mqtt_port })).rejects.toThrow(`port ${mqtt_port} (MQTT) on 127.0.0.1 is in use`)
    server.close()
    await start()
  })

  /** A folder in which one record has come in, been folded and been archived. */
  async function lived(): Promise<void> {
    const { home } = await start()
    await say(await connect(home), 'dev-1', { timestamp: 1_700_000_000_000, pilot_state: 'A' })
    await soon(() => expect(home.figures().events).toBe(1))
    await home.stop()
    const book = new DatabaseSync(join(data, 'archive.sqlite'))
    book.exec("INSERT OR REPLACE INTO marks VALUES ('archived', '00000000000000000001')")
    book.close()
  }

  const gone = (name: string) => {
    for (const end of ['', '-wal', '-shm']) rmSync(join(data, name + end), { force: true, recursive: true })
  }

  it('one whose log is another than its store has read: what came in would never be', async () => {
    await lived()
    gone('log.sqlite')
    await expect(start()).rejects.toThrow(
      /log\.sqlite ends at record 0, but .*hot\.sqlite has read up to 1: put/,
    )
    gone('hot.sqlite')
    await expect(start()).rejects.toThrow(/ends at record 0, but .*archive\.sqlite has read up to 1: put/)
    gone('archive.sqlite')
    await start()
  })

  it('one whose store is lost reads the log again, and says what the log has no more', async () => {
    await lived()
    gone('hot.sqlite')
    const { home, logger } = await start()
    await soon(() => expect(home.figures().events).toBe(1))
    const warnings = () => logger.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields)
    expect(warnings()).toEqual([])
    await say(await connect(home), 'dev-1', { timestamp: 1_700_000_001_000, pilot_state: 'B' })
    await soon(() => expect(home.figures().events).toBe(2))
    await home.stop()
    gone('hot.sqlite')
    const log = new DatabaseSync(join(data, 'log.sqlite'))
    log.exec('DELETE FROM log WHERE position = 1')
    log.close()
    const again = await start()
    expect(again.logger.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      log_begins_at: 2,
    })
  })

  it('one whose archive is no folder', async () => {
    await lived()
    gone('archive')
    writeFileSync(join(data, 'archive'), '')
    await expect(start()).rejects.toThrow(/the folder of the archive cannot be made: EEXIST/)
    await expect(start()).rejects.toBeInstanceOf(StartRefused)
  })

  it.each(['log.sqlite', 'hot.sqlite', 'archive.sqlite'])('one whose %s is damaged', async (name) => {
    await lived()
    const path = join(data, name)
    // All but the page that says what it is.
    writeFileSync(path, readFileSync(path).fill(7, 4_096))
    await expect(start()).rejects.toThrow(/malformed|not a database/)
    await expect(start()).rejects.toBeInstanceOf(StartRefused)
  })
})

describe('a bug of ours', () => {
  it('is fatal, and its line names the place but nothing of what was stored or sent', async () => {
    const first = await start()
    const client = await connect(first.home)
    await say(client, 'dev-1', { timestamp: 1_700_000_000_000, pilot_state: 'A' })
    await soon(() => expect(first.home.figures().events).toBe(1))
    await first.home.stop()
    const database = new DatabaseSync(join(data, 'hot.sqlite'))
    database.exec(`UPDATE states SET state = '{"secret": sesame}'`)
    database.close()

    const { home, fatal, logger } = await start()
    await say(await connect(home), 'dev-1', { timestamp: 1_700_000_001_000, pilot_state: 'B' })
    await soon(() => expect(fatal).toHaveLength(1))
    const [line] = logger.lines.filter(({ level }) => level === 'error')
    expect(line?.fields).toMatchObject({ from_position: '00000000000000000002', error: 'SyntaxError' })
    expect(JSON.stringify(logger.lines)).not.toContain('sesame')
  })
})
