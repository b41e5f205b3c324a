/** A disk that is really full: the server's folder is a small file system of its own, in a name space of its own. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { FrontDoorStatus } from '../../embedded/front-door.ts'
import { soon } from '../soon.ts'
import { freePort } from './served.ts'

const SERVE = fileURLToPath(new URL('../../tools/serve.ts', import.meta.url))
const APART = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child', 'sh']
const canMount = spawnSync('unshare', [...APART, '-c', 'mount -t tmpfs -o size=1m none /mnt']).status === 0

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** `sh` there does what it is told, line by line; the folder is `$DATA`. */
async function serveOnSmallDisk() {
  const mount = mkdtempSync(join(tmpdir(), 'pilotline-small-disk-'))
  stops.push(() => rmdirSync(mount))
  const port = await freePort()
  const env = { ...process.env, DATA: mount, NODE: process.execPath, SERVE, PORT: `${port}` }
  const shell = spawn('unshare', APART, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  stops.push(async () => {
    const gone = once(shell, 'exit')
    shell.kill('SIGKILL')
    await gone
  })
  /** Resolves when it is done. */
  async function tell(line: string): Promise<void> {
    shell.stdin.write(`${line}\necho done\n`)
    const [said] = await Promise.race([once(shell.stdout, 'data'), once(shell, 'exit')])
    expect(String(said)).toBe('done\n')
  }
  await tell('mount -t tmpfs -o size=16m none "$DATA"')
  await tell(
    '"$NODE" --disable-warning=ExperimentalWarning "$SERVE" --no-fleet --mqtt 0 --http "$PORT" --data "$DATA" > /dev/null 2>&1 &',
  )
  const url = `http://127.0.0.1:${port}`
  const health = async () => {
    const response = await fetch(`${url}/health`)
    const { front_door } = (await response.json()) as { front_door: FrontDoorStatus }
    return { status: response.status, ...front_door }
  }
  const say = async (note: string) => {
    const body = JSON.stringify({ device_id: 'dev-1', timestamp: Date.now(), pilot_state: 'A', note })
    const headers = { 'content-type': 'application/json' }
    return (await fetch(`${url}/v1/events?topic=ev/evse/dev-1/telemetry`, { method: 'POST', headers, body }))
      .status
  }
  await soon(async () => expect((await health()).status).toBe(200))
  return {
    health,
    say,
    fill: () => tell('cat /dev/zero > "$DATA/filler" 2> /dev/null'),
    free: () => tell('rm "$DATA/filler"'),
  }
}

describe.skipIf(!canMount)('on a disk that is full (needs unshare, and the right to mount a tmpfs)', () => {
  it('health says so, and says when there is room again, while nobody sends a message', async () => {
    const { health, say, fill, free } = await serveOnSmallDisk()
    await fill()
    await soon(async () => expect(await say('x'.repeat(200_000))).toBe(503))
    expect(await health()).toMatchObject({ status: 503, state: 'full' })
    const { admitted } = await health()
    await free()
    await soon(async () => expect(await health()).toMatchObject({ status: 200, state: 'open', admitted }))
    expect(await say('x'.repeat(200_000))).toBe(202)
  })

  it('health says so before a message has been refused', async () => {
    const { health, fill, say } = await serveOnSmallDisk()
    await fill()
    await soon(async () => expect(await health()).toMatchObject({ status: 503, state: 'full', refused: 0 }))
    expect(await say('')).toBe(503)
  })
})
