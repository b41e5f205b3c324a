/** What stand-ins that speak HTTP have in common. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that has come in whole. */
export type Asked = { from: IncomingMessage; body: Buffer; to: ServerResponse }

export type HttpStandIn = { endpoint: string; stop(): Promise<void> }

/**
 * On a free port of 127.0.0.1. Functions are killed in the middle of what they ask: of such a request nothing is
 * carried out and nobody is answered. What `answer` throws is a fault of the test, and loud.
 */
export async function startHttp(answer: (asked: Asked) => Promise<void> | void): Promise<HttpStandIn> {
  const server = createServer(async (from, to) => {
    const body = await bodyOf(from)
    if (body) await answer({ from, body, to })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Null where the connection ended before the message did. */
export async function bodyOf(message: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = []
  try {
    for await (const part of message) parts.push(part as Buffer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return null
    throw error
  }
  return Buffer.concat(parts)
}
