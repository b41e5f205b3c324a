/** `npm run import` in this process, over a folder of the test's own, and the server that finds what it left. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { runImport } from '../../tools/import-command.ts'

export const GOOD =
  'id,from,to,kwh\n' +
  'dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1\n' +
  'dev-1,2026-05-01T09:00Z,2026-05-01T10:00Z,2.5\n' +
  '../../x,2026-05-01T09:00Z,2026-05-01T10:00Z,3\n'
export const MAP = ['--as', 'sessions', '--map', 'device_id=id,started_at=from,ended_at=to,energy_kwh=kwh']
export const CONFIG_MAP = [
  '--as',
  'device-config',
  '--set',
  'device_type=evse',
  '--map',
  'device_id=id,rated_power_kw=kw',
]

let folder = ''
let running: Embedded | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotline-import-'))
})

afterEach(async () => {
  await running?.stop()
  running = null
  rmSync(folder, { recursive: true, force: true })
})

/** The data folder that imports of this test go to. */
export function dataFolder(): string {
  return join(folder, 'data')
}

/** A file of this test's, and its path. */
export function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

export async function run(args: string[], tty: { write(text: string): void } | null = null) {
  let out = ''
  let err = ''
  const code = await runImport(args, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    tty,
  })
  return { code, out, err }
}

/** The server over this test's data folder; it is stopped behind the test. */
export async function serve(): Promise<Embedded> {
  running = await startEmbedded({
    data: dataFolder(),
    mqtt_port: 0,
    http_port: 0,
    logger: { info() {}, warn() {}, error() {} },
    onFatal: (error) => {
      throw error
    },
  })
  return running
}

type Found = { device_id: string; started_at: number; energy_kwh: number }

export async function sessionsAt(home: Embedded): Promise<Found[]> {
  const response = await fetch(`${urlOf(home)}/v1/sessions?from=0&limit=100`)
  return ((await response.json()) as { items: Found[] }).items
}

export async function energiesAt(home: Embedded): Promise<number[]> {
  return (await sessionsAt(home)).map(({ energy_kwh }) => energy_kwh).sort()
}

export function urlOf(home: Embedded): string {
  return `http://127.0.0.1:${home.http_port}`
}
