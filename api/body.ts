/** Bodies: what they may be, and how much of them is read. */
import { MAX_PAYLOAD_BYTES } from '../events/record.ts'
import { Problem } from './problem.ts'

/**
 * Most of a message that is taken in. One above MAX_PAYLOAD_BYTES still enters the log, for quarantine is the
 * processor's decision; only what no device can mean is refused here.
 */
export const MAX_MESSAGE_BYTES = 1024 * 1024
export const MAX_CONFIG_BYTES = MAX_PAYLOAD_BYTES

/** Throws a 415 for a body of another type. None said is taken for the first. */
export function checkType(headers: Headers, types: readonly string[]): void {
  const said = headers.get('content-type')
  if (said === null) return
  const type = said.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (types.includes(type)) return
  throw new Problem(415, `content-type: ${JSON.stringify(type)} is none of ${types.join(', ')}`, {
    accepted: types,
  })
}

/** The body's bytes. Stops reading above `limit`, and throws a 413. */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limit) throw tooLarge(limit)
  if (!request.body) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength
      // Leaving the loop cancels the stream.
      if (size > limit) throw tooLarge(limit)
      chunks.push(chunk)
    }
  } catch (error) {
    // Whatever ends a body early is the sender's or the network's: there is nobody left to answer, and nothing to log.
    throw error instanceof Problem ? error : new Problem(400, 'the body broke off')
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

function tooLarge(limit: number): Problem {
  return new Problem(413, `the body is larger than ${limit} bytes`, { limit_bytes: limit })
}
