import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import mqtt from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../embedded/listen.ts'
import { type Process, type Ran, startServe } from './serve-process.ts'

const FREE = ['--mqtt', '0', '--http', '0']
let folder: string
const running: Process[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotline-serve-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.signal('SIGKILL')
    await one.ended
  }
})

function start(...flags: string[]): Process {
  const started = startServe(...flags)
  running.push(started)
  return started
}

function startReal(name: string, ...flags: string[]): Process {
  return start('--no-fleet', '--data', join(folder, name), ...(flags.length > 0 ? flags : FREE))
}

/** It could not begin: exit code 2 and one line that says why. */
function expectRefusal({ code, stdout, stderr }: Ran, reason: RegExp): void {
  expect(stderr).toMatch(/^pilotline: [^\n]+\n$/)
  expect(stderr).toMatch(reason)
  expect(stdout).toBe('')
  expect(code).toBe(2)
}

describe('what cannot begin says why in one line, with exit code 2', () => {
  it('a bad flag', async () => {
    expectRefusal(await start('--nonsense').ended, /unknown option '--nonsense'/)
    expectRefusal(await start('--mqtt', 'many').ended, /--mqtt.*whole number/)
  })

  it.each([
    ['--mqtt', ['--http', '0'], /MQTT/],
    ['--http', ['--mqtt', '0'], /HTTP/],
  ])('a port in use, %s', async (flag, others, name) => {
    const server = createServer()
    const port = await listen(server, 0, '127.0.0.1')
    const ran = await startReal('port', flag, String(port), ...others).ended
    expectRefusal(ran, new RegExp(`port ${port} .*in use`))
    expect(ran.stderr).toMatch(name)
    server.close()
  })

  it('an address that is not of this machine', async () => {
    expectRefusal(await startReal('bind', ...FREE, '--bind', '192.0.2.1').ended, /192\.0\.2\.1 is no address/)
  })

  it('a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '')
    expectRefusal(await startReal('file/below').ended, /data folder .*file.below/)
    expectRefusal(await start('--no-fleet', '--data', '/proc/pilotline', ...FREE).ended, /data folder .*proc/)
  })

  it('a folder that another process holds, which goes on unharmed', async () => {
    const first = startReal('held')
    await first.said('started')
    expectRefusal(await startReal('held').ended, /held.*in use by another process/)
    first.signal('SIGTERM')
    expect((await first.ended).code).toBe(0)
  })

  it('a fleet that has nowhere to remember', async () => {
    mkdirSync(join(folder, 'fleet', 'demo'), { recursive: true })
    writeFileSync(join(folder, 'fleet', 'demo', 'fleet'), 'a file where its folder belongs')
    expectRefusal(await start('--data', join(folder, 'fleet'), ...FREE).ended, /the fleet cannot start/)
  })

  it('a folder written by a newer version', async () => {
    const first = startReal('newer')
    await first.said('started')
    first.signal('SIGTERM')
    await first.ended
    const database = new DatabaseSync(join(folder, 'newer', 'hot.sqlite'))
    database.exec('PRAGMA user_version = 999')
    database.close()
    expectRefusal(await startReal('newer').ended, /schema version 999/)
  })
})

describe('npm start', () => {
  it('tells a pipe in log lines where everything is', async () => {
    const served = startReal('told')
    const { page, mqtt: mqtt_url, data, fleet } = await served.said('started')
    expect(page).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    expect(mqtt_url).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/)
    expect(data).toBe(join(folder, 'told'))
    expect(fleet).toMatch(/none/)
    expect((await fetch(`${page}health`)).status).toBe(200)
    expect(await (await fetch(page as string)).text()).toMatch(/<title>Pilotline/)
  })

  it('has a fleet unless told, which lives in a folder of its own', async () => {
    const served = start(
      '--data',
      join(folder, 'with-fleet'),
      '--chargers',
      '2',
      '--thermostats',
      '1',
      ...FREE,
    )
    const { page, data, fleet } = await served.said('started')
    expect(data).toBe(join(folder, 'with-fleet', 'demo'))
    expect(fleet).toBe('simulated, chargers: 2, thermostats: 1')
    let ids: string[] = []
    while (ids.length < 3) {
      const response = await served.meanwhile(fetch(`${page}v1/devices`))
      ids = ((await response.json()) as { items: { device_id: string }[] }).items.map(
        ({ device_id }) => device_id,
      )
    }
    expect(ids.every((id) => id.startsWith('demo-'))).toBe(true)
    served.signal('SIGINT')
    expect((await served.ended).code).toBe(0)
  })

  it('refuses a host and a writing page that are not ours', async () => {
    const served = startReal('guarded')
    const { page } = await served.said('started')
    const write = await fetch(`${page}v1/time-sync/x`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
    })
    expect(write.status).toBe(403)
    expect(write.headers.get('content-type')).toBe('application/problem+json')
  })

  it('a charger that speaks becomes a session that one can ask for', async () => {
    const served = startReal('session')
    const { page, mqtt: mqtt_url } = await served.said('started')
    const client = await mqtt.connectAsync(mqtt_url as string, { protocolVersion: 4, reconnectPeriod: 0 })
    const says = (at: number, pilot_state: string, energy_delivered_kwh: number) => {
      const message = {
        device_id: 'dev-1',
        timestamp: 1_700_000_000_000 + at,
        pilot_state,
        energy_delivered_kwh,
      }
      return served.meanwhile(
        client.publishAsync('ev/evse/dev-1/telemetry', JSON.stringify(message), { qos: 1 }),
      )
    }
    await says(0, 'A', 0)
    await says(60_000, 'B', 0)
    await says(120_000, 'C', 0)
    await says(3_720_000, 'A', 7.5)
    await client.endAsync()
    let items: Record<string, unknown>[] = []
    while (items[0]?.ended_at === undefined || items[0].ended_at === null) {
      const response = await fetch(`${page}v1/sessions?device_id=dev-1`)
      items = ((await response.json()) as { items: Record<string, unknown>[] }).items
    }
    expect(items).toMatchObject([
      { device_id: 'dev-1', duration_s: 3_660, energy_kwh: 7.5, end_reason: 'unplugged' },
    ])
  })
})

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s drains and stops with exit code 0', async (signal) => {
    const served = startReal(`stop-${signal}`)
    const { mqtt: mqtt_url } = await served.said('started')
    const client = await mqtt.connectAsync(mqtt_url as string, { protocolVersion: 4, reconnectPeriod: 0 })
    client.on('error', () => {})
    const publish = (n: number) => {
      const message = { device_id: 'dev-1', timestamp: 1_700_000_000_000 + n * 1_000, pilot_state: 'A' }
      return served.meanwhile(
        client.publishAsync('ev/evse/dev-1/telemetry', JSON.stringify(message), { qos: 1 }),
      )
    }
    await Promise.all(Array.from({ length: 500 }, (_, n) => publish(n)))
    served.signal(signal)
    const { code, stdout, stderr } = await served.ended
    client.end(true)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const stopped = stdout.split('\n').find((line) => line.includes('"message":"stopped"'))
    expect(JSON.parse(stopped ?? '{}')).toMatchObject({ records_in: 500, events: 500, lag_records: 0 })
  })

  it('twice at once is once: npm passes on what the terminal has sent already', async () => {
    const served = startReal('twice')
    await served.said('started')
    served.signal('SIGINT')
    served.signal('SIGINT')
    const { code, stdout } = await served.ended
    expect(code).toBe(0)
    expect(stdout).toContain('"message":"stopped"')
  })

  it('what was stopped goes on where it was at the next start', async () => {
    for (const round of [1, 2]) {
      const served = startReal('again')
      const { page, mqtt: mqtt_url } = await served.said('started')
      const client = await mqtt.connectAsync(mqtt_url as string, { protocolVersion: 4, reconnectPeriod: 0 })
      const message = { device_id: `dev-${round}`, timestamp: 1_700_000_000_000, pilot_state: 'A' }
      await client.publishAsync(`ev/evse/dev-${round}/telemetry`, JSON.stringify(message), { qos: 1 })
      await client.endAsync()
      let devices = 0
      while (devices < round)
        devices = ((await (await fetch(`${page}health`)).json()) as { devices: number }).devices
      served.signal('SIGINT')
      expect((await served.ended).code).toBe(0)
    }
  })
})

describe('--help', () => {
  it('says everything, with exit code 0', async () => {
    const { code, stdout, stderr } = await start('--help').ended
    expect(code).toBe(0)
    expect(stderr).toBe('')
    const flags = [
      '--no-fleet',
      '--mqtt',
      '--http',
      '--data',
      '--bind',
      '--host-name',
      '--chargers',
      '--thermostats',
    ]
    for (const text of [...flags, 'Examples', 'Exit codes', '127.0.0.1', '1883', '8080'])
      expect(stdout).toContain(text)
  })
})
