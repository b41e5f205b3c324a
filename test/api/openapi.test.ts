import { expect, test } from 'vitest'
import { createRoutes } from '../../api/routes.ts'
import { type Body, chargeOnce, createHome } from './home.ts'

async function documentOf(home: Awaited<ReturnType<typeof createHome>>) {
  const { status, body } = await home.ask('/v1/openapi.json')
  expect(status).toBe(200)
  return body
}

test('every route is in the document, and nothing else is', async () => {
  const document = await documentOf(await createHome())
  expect(document.openapi).toBe('3.1.0')
  const documented = Object.entries(document.paths as Body).flatMap(([path, operations]) =>
    Object.keys(operations as Body).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = createRoutes().map(({ method, path }) => `${method} ${path}`)
  expect(documented.sort()).toEqual(served.sort())
  expect(new Set(served).size).toBe(served.length)
})

test('every documented route answers with its documented status', async () => {
  const answer = { columns: [], rows: [], truncated: false }
  const home = await createHome({ query: { ask: async () => answer } })
  await home.putConfig('dev-1', { device_type: 'evse', location: 'yard' })
  await chargeOnce(home, 'dev-1', 0)
  await home.say('thermostat', 'hall', 0, { heating_call: true })
  const cycle = (await home.ask('/v1/cycles')).body.items[0]
  const session = (await home.ask('/v1/sessions')).body.items[0]
  const ids = { device_id: 'dev-1', location: 'yard' }
  const document = await documentOf(home)
  for (const [path, operations] of Object.entries(document.paths as Body)) {
    for (const [method, { responses, requestBody }] of Object.entries(operations as Body) as Body) {
      const id = path.startsWith('/v1/charts')
        ? 'evse-session'
        : path.startsWith('/v1/cycles')
          ? cycle.cycle_id
          : session.session_id
      const filled = path.replace(/\{(\w+)\}/g, (_, name) => ({ ...ids, id })[name as 'id'])
      const query = QUERIES[path] ?? ''
      const init = { method: method.toUpperCase(), ...(requestBody && jsonBody) }
      const { status } = await home.ask(`${filled}${query}`, init)
      expect([method, path, Object.keys(responses)]).toEqual([
        method,
        path,
        expect.arrayContaining([String(status)]),
      ])
      expect([method, path, status < 300]).toEqual([method, path, true])
    }
  }
})

/** What a route cannot do without. */
const QUERIES: Record<string, string> = {
  '/v1/events': '?topic=ev/evse/dev-1/telemetry',
  '/v1/energy': '?device_id=dev-1',
  '/v1/charts/{id}/path': '?device_id=dev-1',
  '/v1/query': '?sql=select%201',
}

const jsonBody = { headers: { 'content-type': 'application/json' }, body: '{"device_type":"evse"}' }

test('every reference in the document leads somewhere', async () => {
  const document = await documentOf(await createHome())
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(
    ([, pointer]) => pointer,
  )
  expect(references.length).toBeGreaterThan(20)
  for (const pointer of references) {
    const found = (pointer as string)
      .slice(1)
      .split('/')
      .reduce((part: Body, name) => part?.[name], document)
    expect([pointer, typeof found]).toEqual([pointer, 'object'])
  }
})

test('every path parameter is described', async () => {
  const document = await documentOf(await createHome())
  for (const [path, operations] of Object.entries(document.paths as Body)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const { parameters } of Object.values(operations as Body) as Body)
      expect(parameters.filter((one: Body) => one.in === 'path').map((one: Body) => one.name)).toEqual(named)
  }
})
