/** Between functions and the stand-in of S3: which rights their requests would have needed. */
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export type S3Rights = {
  endpoint: string
  /** `s3:GetObject landing/2026/…`, as they were needed. */
  needed: Set<string>
  stop(): Promise<void>
}

export async function startS3Rights(target: string): Promise<S3Rights> {
  const needed = new Set<string>()
  const server = createServer(async (from, to) => {
    const parts: Buffer[] = []
    for await (const part of from) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    for (const right of rightsOf(from.method ?? '', new URL(from.url ?? '/', target), from.headers, body))
      needed.add(right)
    const sent = request(
      target + from.url,
      { method: from.method ?? 'GET', headers: from.headers },
      (back) => {
        to.writeHead(back.statusCode ?? 500, back.headers)
        back.pipe(to)
      },
    )
    sent.on('error', () => to.destroy())
    sent.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    needed,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

type Headers = Record<string, string | string[] | undefined>

/** Source: Amazon S3's guide, "Actions, resources, and condition keys", by what each operation does. */
function rightsOf(method: string, url: URL, headers: Headers, body: Buffer): string[] {
  const key = keyIn(url.pathname)
  if (method === 'POST' && url.searchParams.has('delete'))
    return [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, one]) => `s3:DeleteObject ${one}`)
  if (key === '') return ['s3:ListBucket ']
  const source = headers['x-amz-copy-source']
  if (typeof source === 'string') return [`s3:GetObject ${keyIn(`/${source}`)}`, `s3:PutObject ${key}`]
  return [`${method === 'PUT' ? 's3:PutObject' : 's3:GetObject'} ${key}`]
}

/** Behind the bucket's name. */
function keyIn(path: string): string {
  return decodeURIComponent(path.replace(/^\/+[^/]*\/?/, ''))
}
