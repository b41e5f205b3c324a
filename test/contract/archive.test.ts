/** The archive's contract, on the twin in memory, on a folder, and on a bucket behind the SDK. */
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createArchiveClient } from '../../adapters/aws-clients.ts'
import { folderArchive } from '../../adapters/folder-archive.ts'
import { memoryArchive } from '../../adapters/memory-archive.ts'
import { s3Archive } from '../../adapters/s3-archive.ts'
import { quickRetries } from '../adapters/quick-retries.ts'
import { archiveContract } from './archive-contract.ts'
import { temporaryFolder } from './temporary-folder.ts'

const noRoom = 'an archive without room refuses the file and keeps what it has'

archiveContract('memory', async () => {
  let room = Number.POSITIVE_INFINITY
  return {
    files: memoryArchive({ room: () => room }),
    fill: async () => {
      room = 0
    },
    dispose: async () => {},
  }
})

archiveContract(
  'folder',
  async () => {
    const folder = await temporaryFolder()
    return { files: folderArchive(folder.file('archive')), fill: async () => {}, dispose: folder.remove }
  },
  { skip: [{ reason: 'a full disk needs a file system of its own', tests: [noRoom] }] },
)

let server: Awaited<ReturnType<typeof startFauxqs>>
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false })
})
afterAll(() => server.stop())
let buckets = 0

archiveContract(
  'S3',
  async () => {
    const client = createArchiveClient({
      endpoint: `http://127.0.0.1:${server.port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    const bucket = `archive-${++buckets}`
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    return {
      files: s3Archive({ client, bucket, prefix: 'pilotline/', retries: quickRetries() }),
      fill: async () => {},
      dispose: async () => client.destroy(),
    }
  },
  { skip: [{ reason: 'a bucket is never full', tests: [noRoom] }] },
)

test('what a crash left unfinished in a folder is no file of the archive', async () => {
  const folder = await temporaryFolder()
  const files = folderArchive(folder.path)
  await files.put('a/whole', new Uint8Array(3))
  await files.put('a/half.unfinished', new Uint8Array(3))
  expect(await files.list('')).toEqual([{ name: 'a/whole', bytes: 3 }])
  await folder.remove()
})
