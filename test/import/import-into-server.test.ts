import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { CONFIG_MAP, energiesAt, GOOD, MAP, run, serve, urlOf, write } from './command-run.ts'

describe('npm run import into a running server', () => {
  it('goes over HTTP and comes to the same sessions', async () => {
    const home = await serve()
    const url = `${urlOf(home)}/`
    const { code, out } = await run([write('sessions.csv', GOOD), ...MAP, '--url', url])
    expect({ code, out }).toEqual({
      code: 0,
      out: '3 rows, 3 sessions entered, 0 bad\nthe server has them all on its log, and processes them\n',
    })
    await expect.poll(() => energiesAt(home)).toEqual([1, 2.5, 3])
    expect(home.figures()).toMatchObject({ late: 0, quarantined: 0 })
  })

  it('keeps the order of each device among many requests', async () => {
    const home = await serve()
    const rows = Array.from({ length: 120 }, (_, n) => {
      const from = Date.parse('2026-01-01') + Math.floor(n / 4) * 3_600_000
      return `dev-${n % 4},${from},${from + 3_600_000},${(n + 1) / 100}`
    })
    const file = write('sessions.csv', ['id,from,to,kwh', ...rows].join('\n'))
    const { code } = await run([file, ...MAP, '--url', urlOf(home)])
    expect(code).toBe(0)
    await expect.poll(() => home.figures().events, { timeout: 10_000 }).toBe(480)
    expect(home.figures()).toMatchObject({ late: 0, quarantined: 0 })
  })

  it('puts configurations, and leaves those alone that are in force', async () => {
    const home = await serve()
    const args = [write('c.csv', 'id,kw\n../../x,22\n'), ...CONFIG_MAP, '--url', urlOf(home)]
    expect((await run(args)).out).toContain('1 configuration entered')
    const read = async () => (await home.reads.configHistory('../../x', 10)).items.map(({ config }) => config)
    await expect.poll(read).toEqual([{ device_type: 'evse', rated_power_kw: 22 }])
    expect((await run(args)).out).toContain('0 configurations entered, 1 unchanged')
  })

  it('asks what a device is, and refuses its rows where it is no charger', async () => {
    const home = await serve()
    const payload = new TextEncoder().encode('{"timestamp":1777622400000,"heating_call":false}')
    await home.door.admit({ source: 'mqtt', topic: 'ev/thermostat/dev-1/telemetry', payload })
    await expect.poll(async () => (await home.reads.device('dev-1'))?.device_type).toBe('thermostat')
    const { code, err } = await run([write('sessions.csv', GOOD), ...MAP, '--url', urlOf(home)])
    expect(code).toBe(1)
    expect(err).toContain('line 2: device_id: "dev-1" is a thermostat')
  })

  it('ends with 1 and says how to go on where the server goes away', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/health') response.end('{"front_door":{"state":"open"}}')
      else if (request.url?.startsWith('/v1/devices/')) response.writeHead(404).end('{}')
      else request.socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { code, err } = await run([write('s.csv', GOOD), ...MAP, '--url', `http://127.0.0.1:${port}`])
    server.close()
    expect(code).toBe(1)
    expect(err).toMatch(
      /^import: broken off: the server no longer answers: .*; import again, nothing enters twice\n$/,
    )
  })

  it('asks a server again that is busy', async () => {
    let posts = 0
    const server = createServer((request, response) => {
      if (request.url === '/health') response.end('{"front_door":{"state":"open"}}')
      else if (request.url?.startsWith('/v1/devices/')) response.writeHead(404).end('{}')
      else if (++posts === 1) response.writeHead(503, { 'retry-after': '0' }).end('{}')
      else response.writeHead(202).end('{"received_at":1}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { code } = await run([write('s.csv', GOOD), ...MAP, '--url', `http://127.0.0.1:${port}`])
    server.close()
    expect(code).toBe(0)
    expect(posts).toBe(13)
  })
})
