/** What a client does to a connection, and what a device said that few parsers take. */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type HttpHome, startHttp } from '../../embedded/http.ts'
import { createHome, type Home } from './home.ts'

const PATH = '/v1/events?topic=ev/evse/dev-1/telemetry'

let home: Home
let http: HttpHome

beforeEach(async () => {
  home = await createHome()
  http = await startHttp({ api: home.app, host: '127.0.0.1', port: 0, host_names: [] })
})

afterEach(() => http.close())

/** Posts over the agent's connections; resolves with the status. */
async function post(agent: Agent, body: string): Promise<number | undefined> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const sent = request({ agent, host: '127.0.0.1', port: http.port, path: PATH, method: 'POST', headers })
  sent.on('error', () => {})
  sent.end(body)
  const [answer] = await once(sent, 'response')
  answer.resume()
  await once(answer, 'end')
  return answer.statusCode
}

test('behind a body that is too large the connection is closed, and said to be', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  expect(await post(agent, 'x'.repeat(2_000_000))).toBe(413)
  expect(await post(agent, '{}')).toBe(202)
  agent.destroy()
})

test.each([
  ['of a length that was announced', 'content-length: 500\r\n\r\n{'],
  ['in chunks', 'transfer-encoding: chunked\r\n\r\n5\r\n{"a":'],
])('a body that breaks off, %s, is nobody’s error', async (_, rest) => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  const socket = connect(http.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`POST ${PATH} HTTP/1.1\r\nhost: 127.0.0.1:${http.port}\r\n`)
  socket.write(`content-type: application/json\r\n${rest}`)
  // By the time that another request is answered, this one is being read.
  const others = new Agent()
  expect(await post(others, '{}')).toBe(202)
  socket.destroy()
  for (let n = 0; n < 5; n++) expect(await post(others, '{}')).toBe(202)
  expect([home.errors, complaints.mock.calls]).toEqual([[], []])
  complaints.mockRestore()
})

test('half a surrogate pair that a device said is U+FFFD in an answer, and a spelt-out one stays as it is', async () => {
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A', location: 'hall \ud800', note: '\\ud800' })
  const { text } = await home.askText('/v1/devices/dev-1/events')
  expect(text).toContain('"hall \ufffd"')
  expect(JSON.parse(text).items[0].body.extra.note).toBe('\\ud800')
  const devices = await home.askText('/v1/devices')
  expect(devices.text).not.toMatch(/\\ud8/)
  expect((await home.askText('/v1/sessions/%5Cud800')).text).toContain('\\\\ud800')
})
