/** `npm start` as the process that it is, on a folder and free ports of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const SERVE = fileURLToPath(new URL('../../tools/serve.ts', import.meta.url))

export type Served = {
  mqtt_url: string
  http_url: string
  get<T>(path: string): Promise<T>
  /** SIGKILL: no handler runs, no buffer is flushed. */
  kill(): Promise<void>
}

export type ServedOptions = { data: string; mqtt_port: number; http_port: number }

/** Starts the real process and resolves when it answers. */
export async function serve({ data, mqtt_port, http_port }: ServedOptions): Promise<Served> {
  const flags = ['--no-fleet', '--mqtt', `${mqtt_port}`, '--http', `${http_port}`, '--data', data]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SERVE, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const http_url = `http://127.0.0.1:${http_port}`
  await answered(http_url, child)
  return {
    mqtt_url: `mqtt://127.0.0.1:${mqtt_port}`,
    http_url,
    get: async (path) => (await fetch(http_url + path)).json() as never,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** A port that nobody has now: a restarted process must come back on the one that its devices know. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function answered(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}`)
    try {
      await fetch(`${url}/health`)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
