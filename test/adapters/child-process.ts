/** A second real process that runs a few lines of module code, for what must hold between processes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export type Child = {
  /** The next line that it prints; rejects when it ends without one. */
  nextLine(): Promise<string>
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>
}

/** `adapters` is filled in wherever the code imports from `adapters/…`. */
export function runChild(code: string): Child {
  const adapters = new URL('../../adapters/', import.meta.url)
  const resolved = code.replaceAll(
    /from 'adapters\/([^']+)'/g,
    (_, file: string) => `from '${new URL(file, adapters)}'`,
  )
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', resolved]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    nextLine: async () => {
      const { done, value } = await lines.next()
      if (done) throw new Error('the child ended without another line')
      return value
    },
    kill: () => kill(child),
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
