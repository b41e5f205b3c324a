/**
 * HTTP APIs of API Gateway hand a path on percent-decoded, once: `/v1/devices/caf%C3%A9` arrives as `/v1/devices/café`.
 * Whoever asks for an id with `/`, `?`, `#` or `%` in it encodes it twice, and `a%252Fb` arrives as `a%2Fb`.
 */

const ENCODED = /%[0-9A-Fa-f]{2}/y
/** What a path may hold as it stands (RFC 3986, pchar), and what divides it. */
const PLAIN = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/y

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
