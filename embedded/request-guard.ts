/** Which HTTP requests are answered at all: those for one of our names, and writes only from our own pages or from no page. */

import { isIP } from 'node:net'

export type OwnNames = {
  port: number
  /** Names under which the port itself is reached. */
  local: string[]
  /** Bound beyond this machine: any address will do, for an address, unlike a name, cannot be pointed elsewhere. */
  addresses: boolean
  /** Names that a proxy in front answers to, on whatever port of its own. */
  proxied: string[]
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * The problem with a request, or null. A Host that is not ours is a page whose name was pointed at this machine
 * (DNS rebinding); an Origin that is not ours on a write is another site's page using the visitor's network.
 */
export function refuseRequest(method: string, headers: Headers, names: OwnNames): string | null {
  if (!isOwnAuthority(headers.get('host') ?? '', 80, names)) return 'the Host header names none of our names'
  if (SAFE_METHODS.includes(method)) return null
  const origin = headers.get('origin')
  if (origin !== null && !isOwnOrigin(origin, names)) return 'a write from a page of another site'
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return 'a write from a page of another site'
  return null
}

function isOwnOrigin(origin: string, names: OwnNames): boolean {
  const parts = /^(https?):\/\/([^/]+)$/.exec(origin)
  return parts !== null && isOwnAuthority(parts[2] as string, parts[1] === 'https' ? 443 : 80, names)
}

function isOwnAuthority(authority: string, default_port: number, names: OwnNames): boolean {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]@]+)(?::(\d{1,5}))?$/i.exec(authority)
  if (!parts) return false
  const name = (parts[1] as string).toLowerCase()
  if (names.proxied.includes(name)) return true
  const isLocal = names.local.includes(name) || (names.addresses && isIP(name.replace(/^\[|\]$/g, '')) > 0)
  return isLocal && Number(parts[2] ?? default_port) === names.port
}
