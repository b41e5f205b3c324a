/** The part of AWS IoT Core's data endpoint that takes commands to devices: HTTP publishes, kept as they came. */
import { startHttp } from './http-stand-in.ts'

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
  const http = await startHttp(({ from, body, to }) => {
    const url = new URL(from.url ?? '/', 'http://iot')
    const topic = /^\/topics\/([^/]+)$/.exec(url.pathname)?.[1]
    if (from.method !== 'POST' || topic === undefined) return void to.writeHead(404).end('{}')
    const [, signed_for = ''] =
      /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(from.headers.authorization ?? '') ?? []
    if (status === 200)
      published.push({
        topic: decodeURIComponent(topic),
        qos: url.searchParams.get('qos'),
        message: JSON.parse(body.toString()),
        signed_for,
      })
    to.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  return {
    ...http,
    published,
    answer: (next) => {
      status = next
    },
  }
}
