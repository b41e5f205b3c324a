/** A function as Lambda runs it: processes that load its code, each for one event at a time, and that may die of it. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Invocation, Outcome } from './lambda-runtime.ts'

/** What a caller hears where there is no answer: the function threw, ended, or took too long. */
export class FunctionError extends Error {
  /** What the function itself calls what it threw. */
  thrown = 'Error'
}

export type LambdaFunction = {
  /** @throws FunctionError */
  invoke(event: unknown): Promise<unknown>
  /** Ends every environment at once, whatever it is doing. */
  crash(): void
  /** How many environments were started. */
  cold_starts(): number
  stop(): void
}

export type FunctionShape = {
  /** Folder of the code. */
  code: string
  /** `index.handler` */
  handler: string
  timeout_ms: number
  /** What the function is told that it has left, where that is not all of it. */
  remaining_ms?: number
  /** All that the function is told. */
  environment: Record<string, string>
}

export function runFunction(shape: FunctionShape): LambdaFunction {
  const { code, handler, timeout_ms, environment, remaining_ms = timeout_ms } = shape
  const [file = '', name = ''] = handler.split('.')
  const runtime = join(import.meta.dirname, 'lambda-runtime.ts')
  const idle = new Set<ChildProcess>()
  const all = new Set<ChildProcess>()
  let started = 0
  let stopped = false

  async function coldStart(): Promise<ChildProcess> {
    started++
    // Each environment has a /tmp of its own.
    const TMPDIR = mkdtempSync(join(tmpdir(), 'pilotline-lambda-'))
    const child = fork(runtime, [pathToFileURL(join(code, `${file}.mjs`)).href, name, String(remaining_ms)], {
      // Nothing of this process' own environment: neither its credentials nor its proxies.
      env: { ...environment, PATH: process.env.PATH, TMPDIR },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    all.add(child)
    // Nobody reads on while it is idle, and a full pipe would hold it.
    child.stderr?.resume()
    child.once('exit', () => {
      all.delete(child)
      idle.delete(child)
      rmSync(TMPDIR, { recursive: true, force: true })
    })
    await heard(child)
    return child
  }

  /** The next thing that the environment says; rejects when it ends, or after the function's time. */
  function heard(child: ChildProcess): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    let complaint = ''
    const complained = (text: Buffer) => {
      complaint = (complaint + text.toString()).slice(-2_000)
    }
    // Killed is one thing; code that ends by itself is a bug that no retry mends.
    const ended = (status: number | null) =>
      reject(
        status === null ? new FunctionError('Runtime.ExitError') : new Error(`it ended itself: ${complaint}`),
      )
    const timer = setTimeout(() => {
      reject(new FunctionError(`timed out after ${timeout_ms} ms`))
      child.kill('SIGKILL')
    }, timeout_ms)
    child.stderr?.on('data', complained)
    child.once('message', resolve).once('exit', ended)
    return promise.finally(() => {
      clearTimeout(timer)
      child.stderr?.off('data', complained)
      child.off('message', resolve).off('exit', ended)
    })
  }

  return {
    invoke: async (event) => {
      if (stopped) throw new Error('the function is gone')
      const [warm] = idle
      const child = warm ?? (await coldStart())
      idle.delete(child)
      const outcome = heard(child)
      // Where it is gone already, `exit` says so.
      child.send({ event } satisfies Invocation, () => {})
      const said = await outcome
      idle.add(child)
      if ('error' in said) throw Object.assign(new FunctionError(said.error), { thrown: said.name })
      return 'answer' in said ? said.answer : undefined
    },
    crash: () => {
      idle.clear()
      for (const child of all) child.kill('SIGKILL')
    },
    cold_starts: () => started,
    stop: () => {
      stopped = true
      for (const child of all) child.kill('SIGKILL')
    },
  }
}
