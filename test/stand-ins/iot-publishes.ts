/** The part of AWS IoT Core's data endpoint that takes commands to devices: HTTP publishes, kept as they came. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Published = { topic: string; qos: string | null; message: unknown; signed_for: string }

export type IotPublishes = {
  endpoint: string
  published: Published[]
  /** The status that it answers with from now on; 200 unless told. */
  answer(status: number): void
  stop(): Promise<void>
}

export async function startIotPublishes(): Promise<IotPublishes> {
  const published: Published[] = []
  let status = 200
  const server = createServer(async (from, to) => {
    const parts: Buffer[] = []
    for await (const part of from) parts.push(part as Buffer)
    const url = new URL(from.url ?? '/', 'http://iot')
    const topic = /^\/topics\/([^/]+)$/.exec(url.pathname)?.[1]
    if (from.method !== 'POST' || topic === undefined) return void to.writeHead(404).end('{}')
    const [, signed_for = ''] =
      /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(from.headers.authorization ?? '') ?? []
    if (status === 200)
      published.push({
        topic: decodeURIComponent(topic),
        qos: url.searchParams.get('qos'),
        message: JSON.parse(Buffer.concat(parts).toString()),
        signed_for,
      })
    to.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    published,
    answer: (next) => {
      status = next
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
