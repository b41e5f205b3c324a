import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { dataFolder, GOOD, MAP, run, serve, write } from './command-run.ts'

describe('npm run import ends with 2 and one line, and nothing has entered', () => {
  it.each([
    ['no kind', ['FILE'], /required option '--as <kind>' not specified/],
    ['a kind that there is not', ['FILE', '--as', 'cycles'], /Allowed choices are sessions, device-config/],
    ['no file', MAP, /missing required argument 'file'/],
    ['two files', ['FILE', 'FILE', ...MAP], /too many arguments/],
    ['a flag that there is not', ['FILE', ...MAP, '--force'], /unknown option '--force'/],
    ['a zone that there is not', ['FILE', ...MAP, '--time-zone', 'Mars/Olympus'], /It is no IANA time zone/],
    ['a delimiter of two characters', ['FILE', ...MAP, '--delimiter', '::'], /It is one character, or tab/],
    ['a folder and a server', ['FILE', ...MAP, '--data', 'x', '--url', 'http://h'], /exclude each other/],
    ['an address that is none', ['FILE', ...MAP, '--url', 'localhost:8080'], /is no http address/],
    [
      'a field that there is not',
      ['FILE', ...MAP, '--map', 'kwh=kwh'],
      /"kwh" is no field; there are device_id,/,
    ],
    [
      'a column that there is not',
      ['FILE', ...MAP, '--map', 'location=site'],
      /the file has no column "site"/,
    ],
    ['no mapping', ['FILE', '--as', 'sessions'], /device_id, started_at, ended_at must be mapped/],
    ['a file that is not there', ['/nowhere/x.csv', ...MAP], /cannot be read: there is none of that name/],
    ['a folder for a file', [tmpdir(), ...MAP], /cannot be read: it is a folder/],
  ])('for %s', async (_, args, message) => {
    const file = write('sessions.csv', GOOD)
    const data = dataFolder()
    const given = args.map((arg) => (arg === 'FILE' ? file : arg))
    const { code, out, err } = await run(given.includes('--url') ? given : [...given, '--data', data])
    expect(code).toBe(2)
    expect(err).toMatch(message)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(out).toBe('')
    expect(existsSync(data)).toBe(false)
  })

  it.each([
    ['is empty', '', /the file is empty/],
    ['opens a quote and does not close it', `${GOOD}"dev`, /no CSV after line 4: a quote is opened/],
    ['is gzipped and damaged', gzipSync(GOOD).fill(7, 20, 40), /it is gzipped, and damaged/],
    ['is gzipped and cut', gzipSync(GOOD).subarray(0, 60), /it is gzipped, and ends too early/],
  ])('for a file that %s', async (_, content, message) => {
    const data = dataFolder()
    const { code, err } = await run([write('sessions.csv', content), ...MAP, '--data', data])
    expect(code).toBe(2)
    expect(err).toMatch(message)
    expect(existsSync(data)).toBe(false)
  })

  it('for a folder that a server uses', async () => {
    const data = dataFolder()
    const home = await serve()
    const { code, err } = await run([write('sessions.csv', GOOD), ...MAP, '--data', data])
    expect(code).toBe(2)
    expect(err).toMatch(/is in use.*--url takes a running server/)
    expect(home.figures().records_in).toBe(0)
  })

  it('for a server that does not answer, or is another one', async () => {
    const file = write('sessions.csv', GOOD)
    const server = createServer((_, response) => response.end('{}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const other = await run([file, ...MAP, '--url', `http://127.0.0.1:${port}`])
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('is no Pilotline') })
    await new Promise((resolve) => server.close(resolve))
    const none = await run([file, ...MAP, '--url', `http://127.0.0.1:${port}`])
    expect(none).toMatchObject({ code: 2, err: expect.stringMatching(/no server answers at .*ECONNREFUSED/) })
  })
})

describe('npm run import as a process', () => {
  const entry = join(import.meta.dirname, '../../tools/import.ts')
  const node = ['--disable-warning=ExperimentalWarning', entry]

  it('explains itself with the example, and ends with 0', async () => {
    const { status, stdout } = spawnSync(process.execPath, [...node, '--help'], { encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stdout).toContain('--map session_id=session_id,device_id=station_id,started_at=connected_at,')
    for (const flag of [
      '--as',
      '--map',
      '--set',
      '--data',
      '--url',
      '--time-zone',
      '--delimiter',
      '--dry-run',
    ])
      expect(stdout).toContain(flag)
  })

  it('is quiet in a pipe but for the summary and the bad rows, and hands on its exit code', () => {
    const file = write('sessions.csv', `${GOOD}dev-2,soon,2026-05-01T10:00Z,1\n`)
    const args = [...node, file, ...MAP, '--data', dataFolder()]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stdout).toBe('4 rows, 3 sessions entered, 1 bad\n12 events new, 0 known\n')
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
