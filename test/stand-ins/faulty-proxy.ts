/** What stands between a client and a stand-in and answers some requests itself: real faults, over real sockets. */
import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { bodyOf, startHttp } from './http-stand-in.ts'

/**
 * `lost`: the request is carried out and its answer is not delivered, as when a connection breaks.
 * `changed`: another request is carried out, and its answer is told as the answer of this one.
 * `late`: refused, and carried out all the same when the test says so, as by a process that was thought dead.
 */
export type Fault =
  | { kind: 'refused'; status: number; error: string }
  | { kind: 'answer'; body: unknown }
  | { kind: 'lost' }
  | { kind: 'changed'; body: unknown; answer: (body: Record<string, unknown>) => unknown }
  | { kind: 'late' }
  | { kind: 'hang up' }

/** `operation` as `PutItem`; what the client sent. */
export type Request = { operation: string; body: Record<string, unknown> }

export type FaultyProxy = {
  endpoint: string
  /** Asked for every request; null lets it through. */
  onRequest(decide: (request: Request) => Fault | null): void
  /** What was late happens now, one after the other. */
  release(): Promise<void>
  stop(): Promise<void>
}

export const THROTTLED: Fault = { kind: 'refused', status: 400, error: 'ThrottlingException' }
export const BROKEN: Fault = { kind: 'refused', status: 500, error: 'InternalServerError' }

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let decide: (request: Request) => Fault | null = () => null
  let late: (() => Promise<unknown>)[] = []
  const http = await startHttp(async ({ from, body: bytes, to }) => {
    const operation = String(from.headers['x-amz-target'] ?? '').split('.')[1] ?? ''
    const fault = decide({ operation, body: JSON.parse(bytes.toString() || '{}') })
    if (fault?.kind === 'hang up') return void from.socket.destroy()
    if (fault?.kind === 'refused')
      return answer(to, fault.status, {
        __type: `com.amazonaws#${fault.error}`,
        message: 'a fault of the test',
      })
    if (fault?.kind === 'answer') return answer(to, 200, fault.body)
    if (fault?.kind === 'late') {
      late.push(() => forward(target, from, bytes))
      return answer(to, 400, { __type: 'com.amazonaws#AccessDeniedException', message: 'not now' })
    }
    const sent = fault?.kind === 'changed' ? Buffer.from(JSON.stringify(fault.body)) : bytes
    const back = await forward(target, from, sent)
    if (!back) return void from.socket.destroy()
    if (fault?.kind === 'lost') return answer(to, 500, { __type: 'com.amazonaws#InternalServerError' })
    if (fault?.kind === 'changed')
      return answer(to, back.status, fault.answer(JSON.parse(back.body.toString())))
    to.writeHead(back.status, back.headers)
    to.end(back.body)
  })
  return {
    ...http,
    onRequest: (next) => {
      decide = next
    },
    release: async () => {
      const held = late
      late = []
      for (const happen of held) await happen()
    },
  }
}

function answer(to: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  to.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(text),
  })
  to.end(text)
}

type Answered = { status: number; headers: IncomingHttpHeaders; body: Buffer }

/** Null where what is behind breaks the connection, as it does when it is stopped. */
function forward(target: string, from: IncomingMessage, bytes: Buffer): Promise<Answered | null> {
  return new Promise((resolve) => {
    const { host: _, ...rest } = from.headers
    const headers = { ...rest, 'content-length': bytes.byteLength }
    const onward = request(
      target,
      { method: from.method ?? 'POST', path: from.url, headers },
      async (back) => {
        const body = await bodyOf(back)
        resolve(body && { status: back.statusCode ?? 500, headers: back.headers, body })
      },
    )
    onward.on('error', () => resolve(null))
    onward.end(bytes)
  })
}
