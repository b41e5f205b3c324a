import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { guarded } from '../../embedded/http.ts'
import { type OwnNames, refuseRequest } from '../../embedded/request-guard.ts'

const names: OwnNames = {
  port: 8080,
  local: ['127.0.0.1', 'localhost', '[::1]'],
  addresses: false,
  proxied: ['pilotline.example'],
}

function isRefused(method: string, headers: Record<string, string>, of: OwnNames = names): boolean {
  return refuseRequest(method, new Headers(headers), of) !== null
}

describe('Host', () => {
  it.each([
    '127.0.0.1:8080',
    'localhost:8080',
    'LOCALHOST:8080',
    '[::1]:8080',
    'pilotline.example',
    'pilotline.example:8443',
  ])('%s is ours', (host) => expect(isRefused('GET', { host })).toBe(false))

  it.each([
    'evil.example:8080',
    'localhost:8081',
    'localhost',
    'localhost.evil.example:8080',
    'evil.example@localhost:8080',
    '192.168.1.5:8080',
    '[::2]:8080',
    '',
  ])('"%s" is not ours', (host) => expect(isRefused('GET', { host })).toBe(true))

  it('a request without a Host is refused', () => {
    expect(isRefused('GET', {})).toBe(true)
  })

  it('bound beyond this machine, an address is ours and a foreign name still is not', () => {
    const open = { ...names, addresses: true }
    expect(isRefused('GET', { host: '192.168.1.5:8080' }, open)).toBe(false)
    expect(isRefused('GET', { host: '[fd00::5]:8080' }, open)).toBe(false)
    expect(isRefused('GET', { host: '192.168.1.5:9090' }, open)).toBe(true)
    expect(isRefused('GET', { host: 'evil.example:8080' }, open)).toBe(true)
  })
})

describe('Origin', () => {
  const host = 'localhost:8080'

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s from a page of ours, or from no page, is let through',
    (method) => {
      expect(isRefused(method, { host })).toBe(false)
      expect(
        isRefused(method, { host, origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }),
      ).toBe(false)
      expect(isRefused(method, { host, 'sec-fetch-site': 'none' })).toBe(false)
      expect(isRefused(method, { host: 'pilotline.example', origin: 'https://pilotline.example' })).toBe(
        false,
      )
    },
  )

  it.each([
    'http://evil.example',
    'http://localhost:3000',
    'http://localhost',
    'null',
    'http://evil.example/localhost:8080',
    '',
  ])('a write from "%s" is refused', (origin) => expect(isRefused('POST', { host, origin })).toBe(true))

  it.each(['cross-site', 'same-site'])('a write that the browser calls %s is refused', (site) => {
    expect(isRefused('PUT', { host, 'sec-fetch-site': site })).toBe(true)
  })

  it('a read is nobody to refuse: what another site may see of it is the browser’s to say', () => {
    expect(isRefused('GET', { host, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' })).toBe(
      false,
    )
  })
})

describe('the guarded app', () => {
  const api = new Hono()
  api.get('/x', (context) => context.text('read'))
  api.post('/x', async (context) => context.text(`wrote ${(await context.req.arrayBuffer()).byteLength}`))
  const app = guarded(api, names)
  const headers = { host: 'localhost:8080' }

  it('refuses with a problem document', async () => {
    const response = await app.request('/x', {
      method: 'POST',
      headers: { ...headers, origin: 'http://evil.example' },
    })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ status: 403, title: 'Forbidden' })
  })

  it('hands everything else to the API, with its body', async () => {
    const response = await app.request('/x', { method: 'POST', headers, body: 'x'.repeat(70_000) })
    expect(await response.text()).toBe('wrote 70000')
  })

  it('refuses a body above 1 MB, announced or not', async () => {
    const body = 'x'.repeat(1024 * 1024 + 1)
    const announced = await app.request('/x', {
      method: 'POST',
      headers: { ...headers, 'content-length': `${body.length}` },
      body,
    })
    expect(announced.status).toBe(413)
    const stream = new Blob([body]).stream()
    const chunked = await app.request('/x', {
      method: 'POST',
      headers,
      body: stream,
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(413)
  })
})
