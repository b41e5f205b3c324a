/** `npm start` as a process, for what it says and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const SERVE = fileURLToPath(new URL('../../tools/serve.ts', import.meta.url))

export type Ran = { code: number | null; stdout: string; stderr: string }

export type Process = {
  /** Resolves with the log line that carries this message. */
  said(message: string): Promise<Record<string, unknown>>
  /** The same promise, but rejected where the process ends first. */
  meanwhile<T>(work: Promise<T>): Promise<T>
  signal(name: NodeJS.Signals): void
  ended: Promise<Ran>
}

export function startServe(...flags: string[]): Process {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SERVE, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    texts.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    texts.stderr += text
  })
  const ended = once(child, 'close').then(([code]) => ({ code, ...texts }))
  return {
    said: (message) => lineWith(child, texts, message),
    meanwhile: (work) => Promise.race([work, ended.then(complain)]),
    signal: (name) => void child.kill(name),
    ended,
  }
}

function complain({ code, stdout, stderr }: Ran): never {
  throw new Error(`the process ended with ${code}: ${stderr || stdout}`)
}

async function lineWith(
  child: ChildProcess,
  texts: { stdout: string; stderr: string },
  message: string,
): Promise<Record<string, unknown>> {
  for (;;) {
    const line = texts.stdout.split('\n').find((text) => text.includes(`"message":"${message}"`))
    if (line) return JSON.parse(line) as Record<string, unknown>
    if (child.exitCode !== null) complain({ code: child.exitCode, ...texts })
    await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'close')])
  }
}
