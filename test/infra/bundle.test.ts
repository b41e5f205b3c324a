import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  ARCHIVE_VARIABLES,
  AWS_VARIABLES,
  NIGHT_VARIABLES,
  QUERY_VARIABLES,
} from '../../adapters/aws-names.ts'
import { defaultProvider } from '../../adapters/lambda-credentials.ts'
import { EndpointCache } from '../../adapters/without-endpoint-cache.ts'
import { EventStreamSerde, eventStreamSerdeProvider } from '../../adapters/without-event-streams.ts'
import { bundleFolder, bundleHandler, HANDLER_FILE } from '../../infra/bundle.ts'

const TOLD = {
  [AWS_VARIABLES.table_prefix]: 'pilotline-test-',
  [AWS_VARIABLES.stream]: 'pilotline-test-events',
  [AWS_VARIABLES.iot_endpoint]: 'https://data-ats.iot.eu-central-1.amazonaws.com',
  [ARCHIVE_VARIABLES.archive_bucket]: 'pilotline-test-archive',
  [NIGHT_VARIABLES.night]: 'arn:aws:states:eu-central-1:123456789012:stateMachine:pilotline-test-nightly',
  [QUERY_VARIABLES.athena_workgroup]: 'pilotline-test-questions',
  [QUERY_VARIABLES.athena_database]: 'pilotline_test',
  AWS_REGION: 'eu-central-1',
}

describe.each([
  'processors/stream.lambda.ts',
  'processors/sweep.lambda.ts',
  'processors/archive.lambda.ts',
  'processors/expired.lambda.ts',
  'workflows/night.lambda.ts',
  'api/api.lambda.ts',
])('the bundle of %s', (entry) => {
  let file = ''
  let folder = ''
  // Where there are no packages, as in Lambda.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pilotline-bundle-'))
    cpSync(bundleFolder(entry, 'host'), folder, { recursive: true })
    file = join(folder, HANDLER_FILE)
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What a cold start says, in a process that is told nothing but this. */
  function coldStart(env: Record<string, string>): { status: number | null; said: string } {
    const script = `const { handler, plan } = await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(typeof (handler ?? plan))`
    const args = ['--input-type=module', '--eval', script]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      // An error comes with its line, and a bundle has few of them.
      maxBuffer: 64 * 1024 * 1024,
    })
    return { status, said: stdout + stderr }
  }

  it('starts with nothing beside it, and exports its handler', () => {
    expect(coldStart(TOLD)).toEqual({ status: 0, said: 'function\n' })
  })

  it('names the variable that it is not told, at its start', () => {
    const { status, said } = coldStart({ AWS_REGION: 'eu-central-1' })
    expect(status).toBe(1)
    expect(said).toContain(`${AWS_VARIABLES.table_prefix} is not set`)
  })

  it('is the same for the same source', () => {
    expect(bundleFolder(entry, 'host')).toBe(bundleFolder(entry, 'host'))
  })
})

it('the processor stays small enough to start quickly', () => {
  const files = bundleHandler('processors/stream.lambda.ts')
  const atStart = files.reduce((bytes, { code, at_start }) => bytes + (at_start ? code.byteLength : 0), 0)
  expect(atStart).toBeGreaterThan(200 * 1024)
  expect(atStart).toBeLessThan(400 * 1024)
})

describe('what bundles leave out', () => {
  it('says so where it is called after all', () => {
    expect(() => new EndpointCache().get()).toThrow('without endpoint discovery')
    expect(() => eventStreamSerdeProvider()).toThrow('without event streams')
    expect(() => new EventStreamSerde()).toThrow('without event streams')
  })
})

describe('the credentials of a function', () => {
  afterAll(() => vi.unstubAllEnvs())

  it('are those in its environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    vi.stubEnv('AWS_SESSION_TOKEN', 'token')
    expect(await defaultProvider()()).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    })
  })

  it('are missed by name', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '')
    await expect(defaultProvider()()).rejects.toThrow('AWS_ACCESS_KEY_ID')
  })
})
