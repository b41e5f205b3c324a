/** The bytes of a file, unpacked where it is gzipped, whatever its name says. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { BadImport } from '../processors/import-report.ts'

/** Throws BadImport where the file cannot be opened, read or unpacked. */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    const gzipped = await isGzipped(path)
    const file = createReadStream(path)
    if (!gzipped) yield* file as AsyncIterable<Uint8Array>
    else {
      const unpacked = createGunzip()
      // What goes wrong is thrown where `unpacked` is read.
      pipeline(file, unpacked).catch(() => {})
      yield* unpacked as AsyncIterable<Uint8Array>
    }
  } catch (error) {
    throw new BadImport(`the file ${path} cannot be read: ${reasonOf(error)}`)
  }
}

async function isGzipped(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is none of that name',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  Z_DATA_ERROR: 'it is gzipped, and damaged',
  Z_BUF_ERROR: 'it is gzipped, and ends too early',
}

/** Why a file cannot be read, for a person. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return REASONS[code ?? ''] ?? message ?? String(error)
}
