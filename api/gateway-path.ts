/**
 * HTTP APIs of API Gateway hand a path on percent-decoded, once: `/v1/devices/caf%C3%A9` arrives as `/v1/devices/café`,
 * and `/v1/devices/a%2Fb/events` as `/v1/devices/a/b/events`. Here it becomes again the path that a client meant, so
 * that one URL names one thing in both homes.
 *
 * Two things are lost on the way and no function gets them back: what follows a decoded `?`, and whether a `%41` was
 * one. Ids with `?` or with such a sequence in them are asked for with their id encoded twice (`a%253Fb`).
 */

const ENCODED = /%[0-9A-Fa-f]{2}/y
/** What a path may hold as it stands (RFC 3986, pchar), and what divides it. */
const PLAIN = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/y

/** `paths` are those of the routes, as OpenAPI writes them: `/v1/devices/{device_id}`. */
export function gatewayPath(decoded: string, paths: readonly string[]): string {
  return withWholeIds(encodedPath(decoded), paths)
}

/** The path as a URL has it: what is encoded stays, what cannot stand there is encoded again. */
export function encodedPath(decoded: string): string {
  let path = ''
  for (let at = 0; at < decoded.length; ) {
    const kept = matchAt(ENCODED, decoded, at) ?? matchAt(PLAIN, decoded, at)
    const character = kept ?? String.fromCodePoint(decoded.codePointAt(at) as number)
    path += kept ?? encodeURIComponent(character.isWellFormed() ? character : '\ufffd')
    at += character.length
  }
  return path
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/**
 * Slashes that a route's own do not account for are the id's. The route with the most words behind its id goes first:
 * `/v1/devices/a/b/events` is the events of `a/b`, and no device `a/b/events`; that one is encoded twice.
 */
function withWholeIds(path: string, paths: readonly string[]): string {
  const segments = path.split('/')
  const routes = paths.map((route) => route.split('/'))
  if (routes.some((route) => route.length === segments.length && placeOfId(route, segments, 0) !== null))
    return path
  const folded = routes.flatMap((route) => {
    const more = segments.length - route.length
    const at = more > 0 ? placeOfId(route, segments, more) : null
    if (at === null || at === -1) return []
    const id = segments.slice(at, at + more + 1).join('%2F')
    const behind = segments.slice(at + more + 1)
    return [{ words: behind.length, path: [...segments.slice(0, at), id, ...behind].join('/') }]
  })
  return folded.toSorted((a, b) => b.words - a.words)[0]?.path ?? path
}

/** Where the id of a route begins whose other words the segments have, -1 for a route without one; null: they have not. */
function placeOfId(route: readonly string[], segments: readonly string[], more: number): number | null {
  const at = route.findIndex((word) => word.startsWith('{'))
  const fits = route.every((word, n) => n === at || word === segments[at !== -1 && n > at ? n + more : n])
  return fits ? at : null
}
