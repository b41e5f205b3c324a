/** HTTP in the process: the API's app on a socket, behind the request guard and a bound on bodies. */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { listen } from './listen.ts'
import { type OwnNames, refuseRequest } from './request-guard.ts'

export type HttpParts = {
  api: Pick<Hono, 'fetch'>
  host: string
  /** 0 takes a free one. */
  port: number
  /** Names, beside the machine's own, under which people reach it. */
  host_names: string[]
}

export type HttpHome = {
  port: number
  /** Takes no new requests, gives those under way a moment, then closes what is left. */
  close(): Promise<void>
}

/** A payload above 64 KB is for the processor to quarantine; a body above this is refused unread. */
const MAX_BODY_BYTES = 1024 * 1024
const LAST_WORDS_MS = 200

/** Rejects where it cannot listen. */
export async function startHttp(parts: HttpParts): Promise<HttpHome> {
  const names: OwnNames = {
    port: parts.port,
    local: ['127.0.0.1', 'localhost', '[::1]'],
    addresses: !isLoopback(parts.host),
    proxied: parts.host_names.map((name) => name.toLowerCase()),
  }
  const app = guarded(parts.api, names)
  const server = createAdaptorServer({ fetch: (request, env) => app.fetch(request, env) }) as Server
  names.port = await listen(server, parts.port, parts.host)
  return { port: names.port, close: () => close(server) }
}

/** The API behind its guard; `names` may still learn its port. */
export function guarded(api: Pick<Hono, 'fetch'>, names: OwnNames): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    await next()
    // What is left of the body is not read, and nothing else can come behind it.
    if (context.res.status === 413) context.header('connection', 'close')
  })
  app.use(async (context, next) => {
    const refusal = refuseRequest(context.req.method, context.req.raw.headers, names)
    return refusal ? problem(403, 'Forbidden', refusal) : next()
  })
  app.onError((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    return problem(400, 'Bad Request', 'the body broke off')
  })
  const tooLarge = () => problem(413, 'Content Too Large', `a body has at most ${MAX_BODY_BYTES} bytes`)
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }))
  app.all('*', (context) => api.fetch(context.req.raw, context.env))
  return app
}

function problem(status: number, title: string, detail: string): Response {
  const headers = { 'content-type': 'application/problem+json' }
  return new Response(JSON.stringify({ type: 'about:blank', title, status, detail }), { status, headers })
}

/** `localhost` included: what it resolves to is this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS)
  await closed
  clearTimeout(timer)
}
