import { FolderInUse, FolderUnusable } from '../adapters/sqlite-lock.ts'
import { DatabaseRefused, isFaultOfPlace } from '../adapters/sqlite-open.ts'

/** Why the process cannot begin, in one line for a person: what stands in the way, and where they can, what to do. */
export class StartRefused extends Error {}

/** Of what opening the data folder throws, what a person can mend becomes the line they see. */
export function refuseFolder(error: unknown): unknown {
  const known = [FolderInUse, FolderUnusable, DatabaseRefused].some((kind) => error instanceof kind)
  if (isFaultOfPlace(error))
    return new StartRefused(`the data folder cannot be read: ${(error as Error).message}`, { cause: error })
  return known ? new StartRefused((error as Error).message, { cause: error }) : error
}

export function refuseListen(
  of: { name: string; flag: string; host: string; port: number },
  error: unknown,
): unknown {
  const { name, flag, host, port } = of
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new StartRefused(`port ${port} (${name}) on ${host} is in use; ${flag} PORT takes another one`)
    case 'EACCES':
      return new StartRefused(`port ${port} (${name}) is not for this user; ${flag} PORT takes another one`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartRefused(`${host} is no address of this machine; --bind ADDRESS takes another one`)
    default:
      return error
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code)
}
