/** Between functions and the stand-in of S3: which rights their requests would have needed. */
import { request } from 'node:http'
import { pipeline } from 'node:stream'
import { type HttpStandIn, startHttp } from './http-stand-in.ts'

export type S3Rights = HttpStandIn & {
  /** `s3:GetObject landing/2026/…`, as they were needed. */
  needed: Set<string>
}

export async function startS3Rights(target: string): Promise<S3Rights> {
  const needed = new Set<string>()
  const http = await startHttp(({ from, body, to }) => {
    for (const right of rightsOf(from.method ?? '', new URL(from.url ?? '/', target), from.headers, body))
      needed.add(right)
    const sent = request(
      target + from.url,
      { method: from.method ?? 'GET', headers: from.headers },
      (back) => {
        to.writeHead(back.statusCode ?? 500, back.headers)
        // Either side may be gone before the end.
        pipeline(back, to, () => {})
      },
    )
    sent.on('error', () => to.destroy())
    sent.end(body)
  })
  return { ...http, needed }
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
