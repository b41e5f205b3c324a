import { expect, test } from 'vitest'
import { HealthSchema, ProblemSchema } from '../../api/schemas.ts'
import { createHome, expectSchema, jsonRequest } from './home.ts'

const LISTS = ['/v1/devices', '/v1/sessions', '/v1/cycles', '/v1/alarms', '/v1/quarantine']

test('an unknown query parameter is refused by name, so that a typo does not return everything', async () => {
  const home = await createHome()
  for (const path of [...LISTS, '/health', '/v1/openapi.json']) {
    const { status, body } = await home.ask(`${path}?limt=5`)
    expect([path, status, body.parameter]).toEqual([path, 400, 'limt'])
    expectSchema(ProblemSchema, body)
  }
  const { body } = await home.ask('/v1/sessions?device=x')
  expect(body.detail).toContain('known are: device_id, location, from, to, limit, cursor')
  expect((await home.ask('/v1/sessions?__proto__=x')).status).toBe(400)
})

test('energy is asked of a device or of a location, and of one of them', async () => {
  const home = await createHome()
  const detail = async (path: string) => (await home.ask(path)).body.detail
  expect(await detail('/v1/energy')).toBe('device_id: absent but required, or location in its place')
  expect(await detail('/v1/energy?device_id=a&location=b')).toBe(
    'location: "b" is given together with device_id',
  )
})

test('a parameter that is given twice is refused', async () => {
  const home = await createHome()
  const { status, body } = await home.ask('/v1/sessions?device_id=a&device_id=b')
  expect([status, body.parameter]).toEqual([400, 'device_id'])
})

test('a limit is a whole number from 1 to 1000', async () => {
  const home = await createHome()
  for (const limit of ['0', '1001', '-1', '1.5', '1e2', 'ten', '', ' 5', '0x10', '99999']) {
    const { status, body } = await home.ask(`/v1/devices?limit=${encodeURIComponent(limit)}`)
    expect([limit, status, body.parameter]).toEqual([limit, 400, 'limit'])
  }
  for (const limit of ['1', '1000']) expect((await home.ask(`/v1/devices?limit=${limit}`)).status).toBe(200)
})

test('a hundred are given unless told', async () => {
  const home = await createHome()
  for (let i = 0; i < 101; i++) await home.say('evse', `dev-${i}`, 0, { pilot_state: 'A' })
  expect((await home.ask('/v1/devices')).body.items).toHaveLength(100)
})

test('a bad time is a 400 that names parameter, value and rule', async () => {
  const home = await createHome()
  const times = [
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-03-01T10:00',
    '-1',
    '1.5',
    '99999999999999',
    '',
    '1e12',
  ]
  for (const time of times) {
    const { status, body } = await home.ask(`/v1/sessions?to=${encodeURIComponent(time)}`)
    expect([time, status, body.parameter, body.value]).toEqual([time, 400, 'to', JSON.stringify(time)])
    expect(body.rule).toContain('ISO 8601')
    expect(body.detail).toBe(`to: ${body.value} ${body.rule}`)
  }
})

test('times go in as epoch ms, as ISO 8601 and as dates, an unescaped + included', async () => {
  const home = await createHome()
  const times = ['0', '1772442000000', '2026-03-02', '2026-03-02T08:00Z', '2026-03-02T08:00:00.5+01:00']
  for (const time of times)
    expect([time, (await home.ask(`/v1/sessions?from=${time}`)).status]).toEqual([time, 200])
})

test('a date is UTC midnight, and an offset counts', async () => {
  const home = await createHome()
  const at = Date.UTC(2026, 2, 2)
  await home.say('evse', 'dev-1', (at - home.clock.now) / 60_000, { pilot_state: 'B' })
  const found = async (query: string) => (await home.ask(`/v1/sessions?${query}`)).body.items.length
  expect(await found('from=2026-03-02')).toBe(1)
  expect(await found('to=2026-03-02')).toBe(0)
  expect(await found('to=2026-03-02T01:00:00+01:00')).toBe(0)
  expect(await found('to=2026-03-02T01:00:00.001%2B01:00')).toBe(1)
})

test('from after to is a 400; from equal to to is an empty range', async () => {
  const home = await createHome()
  expect(await home.ask('/v1/sessions?from=2&to=1')).toMatchObject({
    status: 400,
    body: { parameter: 'from' },
  })
  expect((await home.ask('/v1/sessions?from=1&to=1')).body).toEqual({ items: [], next_cursor: null })
})

test('a cursor that the list never gave is a 400', async () => {
  const home = await createHome()
  for (const path of LISTS) {
    const { status, body } = await home.ask(`${path}?cursor=bm9uc2Vuc2U`)
    expect([path, status, body.parameter]).toEqual([path, 400, 'cursor'])
  }
})

test('nothing at a path is a 404, and another method a 405 that says which', async () => {
  const home = await createHome()
  for (const path of ['/v1/nothing', '/v2/devices', '/v1/devices/', '/v1/config/', '/index.html'])
    expect([path, (await home.ask(path)).status]).toEqual([path, 404])
  const cases: [string, string, string][] = [
    ['DELETE', '/v1/devices/x', 'HEAD, GET'],
    ['POST', '/v1/config/x', 'HEAD, GET, PUT'],
    ['GET', '/v1/time-sync/x', 'POST'],
    ['OPTIONS', '/v1/sessions', 'HEAD, GET'],
    ['POST', '/', 'HEAD, GET'],
  ]
  for (const [method, path, allow] of cases) {
    const { status, headers, body } = await home.ask(path, { method })
    expect([path, status, headers.get('allow')]).toEqual([path, 405, allow])
    expectSchema(ProblemSchema, body)
  }
})

test('HEAD answers as GET does, without the body', async () => {
  const home = await createHome()
  for (const [path, status] of [
    ['/v1/devices', 200],
    ['/v1/devices/nobody', 404],
    ['/', 200],
    ['/v1/time-sync/x', 405],
  ] as const) {
    const response = await home.askText(path, { method: 'HEAD' })
    expect([path, response.status, response.text]).toEqual([path, status, ''])
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('health tells counts, lag and the state of the front door', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  await home.say('evse', 'dev-1', 1, { pilot_state: 'G' })
  const { status, body } = await home.ask('/health')
  expect(status).toBe(200)
  expectSchema(HealthSchema, body)
  expect(body).toMatchObject({
    status: 'ok',
    devices: 1,
    quarantined: 1,
    front_door: { state: 'open', admitted: 2 },
  })
})

test('our own fault is a 500 that gives nothing away and is logged', async () => {
  const home = await createHome({ health: () => Promise.reject(new Error('secret detail')) })
  const { status, body } = await home.ask('/health')
  expect(status).toBe(500)
  expect(JSON.stringify(body)).not.toContain('secret')
  expect(JSON.stringify(home.errors)).toContain('secret detail')
})

test('no other site’s page is invited, and nothing is cached', async () => {
  const home = await createHome()
  const asked = await home.ask('/v1/devices', { headers: { origin: 'https://elsewhere.example' } })
  expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  expect(asked.headers.get('cache-control')).toBe('no-store')
  const refused = await home.ask('/v1/nothing', jsonRequest('POST', {}))
  expect(refused.headers.get('x-content-type-options')).toBe('nosniff')
})

test('the page and its files are served as what they are, with nothing inline allowed', async () => {
  const home = await createHome()
  const html = await home.askText('/')
  expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const policy = html.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  const linked = [...html.text.matchAll(/(?:href|src)="(\/page\/[^"]+)"/g)].map(([, path]) => path as string)
  const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' }
  for (const path of linked) {
    const { status, headers } = await home.askText(path)
    const type = types[path.split('.').at(-1) as 'js']
    expect([path, status, headers.get('content-type')]).toEqual([path, 200, type])
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
  expect(html.text).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|https?:\/\//)
})
