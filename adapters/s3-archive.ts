/** The archive in a bucket, under a prefix. A put of S3 is there whole or not at all, and replaces at once. */
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ArchiveFile, ArchiveFiles } from '../events/archive.ts'
import { hashOf } from '../events/hash.ts'
import { assertMoved, assertName } from './archive-names.ts'
import { RETRIES, type RetryPolicy, withRetries } from './aws-retry.ts'
import { createGate } from './gate.ts'

const DELETED_AT_ONCE = 1_000
const CALLS_AT_ONCE = 16

export type S3ArchiveParts = {
  client: S3Client
  bucket: string
  /** Put before every name: `archive/`, or nothing. */
  prefix?: string
  retries?: RetryPolicy
}

export function s3Archive({ client, bucket, prefix = '', retries = RETRIES }: S3ArchiveParts): ArchiveFiles {
  const gate = createGate(CALLS_AT_ONCE)
  const keyOf = (name: string) => {
    assertName(name)
    return prefix + name
  }
  const call = <T>(what: string, work: () => Promise<T>) => gate(() => withRetries(what, work, retries))

  async function fetch(name: string, path: string): Promise<void> {
    const Key = keyOf(name)
    await call(`get ${name}`, async () => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
      await pipeline(Body as Readable, createWriteStream(path))
    })
  }

  return {
    list: async (beginning) => {
      const found: ArchiveFile[] = []
      let token: string | undefined
      do {
        const asked = { Bucket: bucket, Prefix: prefix + beginning, ContinuationToken: token }
        const page = await call('list', () => client.send(new ListObjectsV2Command(asked)))
        for (const { Key = '', Size = 0 } of page.Contents ?? [])
          found.push({ name: Key.slice(prefix.length), bytes: Size })
        token = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (token !== undefined)
      return found.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    put: async (name, content) => {
      const asked = { Bucket: bucket, Key: keyOf(name), Body: content }
      await call(`put ${name}`, () => client.send(new PutObjectCommand(asked)))
    },
    putFile: async (name, path) => {
      const { size } = await stat(path)
      const asked = { Bucket: bucket, Key: keyOf(name), ContentLength: size }
      await call(`put ${name}`, () =>
        client.send(new PutObjectCommand({ ...asked, Body: createReadStream(path) })),
      )
    },
    move: async (from, to) => {
      const [source, target] = [keyOf(from), keyOf(to)]
      const CopySource = `${bucket}/${source.split('/').map(encodeURIComponent).join('/')}`
      const copied = await call(`move ${from}`, async () => {
        try {
          await client.send(new CopyObjectCommand({ Bucket: bucket, Key: target, CopySource }))
          return true
        } catch (error) {
          if ((error as Error).name === 'NoSuchKey') return false
          throw error
        }
      })
      if (!copied) assertMoved(await isThere(target), from, to)
      await remove([from])
    },
    get: (name) => {
      const Key = keyOf(name)
      return call(`get ${name}`, async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
          return (await Body?.transformToByteArray()) ?? null
        } catch (error) {
          if (error instanceof NoSuchKey) return null
          throw error
        }
      })
    },
    bring: (names, scratch) =>
      Promise.all(
        names.map(async (name) => {
          const path = join(scratch, `${hashOf([name])}.parquet`)
          await fetch(name, path)
          return path
        }),
      ),
    remove,
  }

  async function isThere(key: string): Promise<boolean> {
    const asked = { Bucket: bucket, Prefix: key, MaxKeys: 1 }
    const page = await call('list', () => client.send(new ListObjectsV2Command(asked)))
    return page.Contents?.[0]?.Key === key
  }

  async function remove(names: readonly string[]): Promise<void> {
    const keys = names.map((name) => ({ Key: keyOf(name) }))
    for (let from = 0; from < keys.length; from += DELETED_AT_ONCE) {
      const Objects = keys.slice(from, from + DELETED_AT_ONCE)
      const asked = { Bucket: bucket, Delete: { Objects, Quiet: true } }
      await call('delete', () => client.send(new DeleteObjectsCommand(asked)))
    }
  }
}
