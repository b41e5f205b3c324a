import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { startFaultyProxy } from './faulty-proxy.ts'
import { type HttpStandIn, startHttp } from './http-stand-in.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop()
})

async function startEcho(): Promise<HttpStandIn & { heard: string[] }> {
  const heard: string[] = []
  const echo = await startHttp(({ body, to }) => {
    heard.push(body.toString())
    to.end(body)
  })
  running.push(echo)
  return { ...echo, heard }
}

/** Who says that five bytes follow, says two of them and is killed. */
async function dieAsking(endpoint: string): Promise<void> {
  const { hostname, port } = new URL(endpoint)
  const socket = connect(Number(port), hostname)
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{}')
  await once(socket, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.resetAndDestroy()
  await once(socket, 'close')
}

const ask = async (endpoint: string) => (await fetch(endpoint, { method: 'POST', body: '{"a":1}' })).text()

it('carries out nothing of a request whose sender died in it, and answers the next one', async () => {
  const echo = await startEcho()
  await dieAsking(echo.endpoint)
  expect(await ask(echo.endpoint)).toBe('{"a":1}')
  expect(echo.heard).toEqual(['{"a":1}'])
})

it('does so between two others too, and breaks the connection where what is behind it is gone', async () => {
  const echo = await startEcho()
  const proxy = await startFaultyProxy(echo.endpoint)
  running.push(proxy)
  await dieAsking(proxy.endpoint)
  expect(await ask(proxy.endpoint)).toBe('{"a":1}')
  await echo.stop()
  running.splice(0, 1)
  await expect(ask(proxy.endpoint)).rejects.toThrow('fetch failed')
  expect(echo.heard).toEqual(['{"a":1}'])
})
