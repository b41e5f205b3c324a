/** What may be asked: one app over ports. The routes are data (`routes.ts`); here they meet HTTP. */
import { type Context, Hono } from 'hono'
import { BadCursor } from '../events/ports.ts'
import { NewerState } from '../statecharts/device-state.ts'
import { checkType, readBytes } from './body.ts'
import { jsonText } from './json-text.ts'
import type { ApiPorts, StaticPage } from './ports.ts'
import { Problem, problemResponse } from './problem.ts'
import { badParameter, readQuery } from './query.ts'
import type { Route } from './route.ts'
import { createRoutes } from './routes.ts'

/** Scripts, styles and data from this host only; nothing inline, no frames, no forms that leave. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The app answers on any host: whose requests are let through is the home's to say. */
export function createApi(ports: ApiPorts): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    await next()
    context.header('x-content-type-options', 'nosniff')
    context.header('cache-control', 'no-store')
  })
  app.use((context, next) => {
    checkEncoding(context.req.url)
    return next()
  })
  const routes = createRoutes()
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), (context) => answer(route, context, ports))
  }
  for (const [path, page] of ports.pages) app.get(path, () => pageResponse(page))
  for (const path of new Set([...routes.map((route) => route.path), ...ports.pages.keys()])) {
    app.all(honoPath(path), (context) => {
      throw notAllowed(context, allowed(path, routes))
    })
  }
  app.notFound((context) => problemOf(new Problem(404, 'there is nothing at this path'), context))
  app.onError((error, context) => problemOf(toProblem(error, context, ports), context))
  return app
}

async function answer(route: Route, context: Context, ports: ApiPorts): Promise<Response> {
  const query = readQuery(new URL(context.req.url).searchParams, route.query)
  if (route.request) checkType(context.req.raw.headers, route.request.types)
  const { status, body } = await route.handle({
    params: context.req.param(),
    query,
    bytes: (limit) => readBytes(context.req.raw, limit),
    ports,
  })
  return new Response(jsonText(body), {
    status: status ?? route.status,
    headers: { 'content-type': 'application/json' },
  })
}

function pageResponse({ type, body }: StaticPage): Response {
  const headers = {
    'content-type': type,
    'content-security-policy': PAGE_POLICY,
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
  }
  return new Response(body, { headers })
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

/** A path whose percent-encoding is broken names nothing, and must not be guessed at. */
function checkEncoding(url: string): void {
  const { pathname } = new URL(url)
  try {
    decodeURIComponent(pathname)
  } catch {
    throw new Problem(400, `the path ${pathname} is not percent-encoded UTF-8`)
  }
}

function allowed(path: string, routes: Route[]): string[] {
  const methods = routes.filter((route) => route.path === path).map(({ method }): string => method)
  if (methods.length === 0) methods.push('GET')
  return methods.includes('GET') ? ['HEAD', ...methods] : methods
}

function notAllowed(context: Context, methods: string[]): Problem {
  const allow = methods.join(', ')
  return new Problem(405, `${context.req.method} is not one of ${allow}`, {}, { allow })
}

function toProblem(error: Error, { req }: Context, { logger }: ApiPorts): Problem {
  if (error instanceof Problem) return error
  if (error instanceof BadCursor) {
    const cursor = new URL(req.url).searchParams.get('cursor') ?? ''
    return badParameter('cursor', cursor, 'is none that this list has given out')
  }
  if (error instanceof NewerState)
    return new Problem(503, 'the device’s state was made by a newer version of this program: upgrade it')
  logger.error('a request failed', {
    method: req.method,
    path: req.path,
    error: error.stack ?? error.message,
  })
  return new Problem(500, 'this is not the request’s fault; the log says more')
}

function problemOf(problem: Problem, { req }: Context): Response {
  return problemResponse(problem, new URL(req.url).pathname)
}
