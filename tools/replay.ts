/** `npm run replay`: history read again. `--help` says everything. */
import { createInterface } from 'node:readline/promises'
import { runReplay } from './replay-command.ts'

const { stdin, stdout, stderr } = process
const stop = new AbortController()
// The second Ctrl-C ends it there and then, and what it has on disk for a while goes with it.
process.once('SIGINT', () => {
  stop.abort()
  process.once('SIGINT', () => process.exit(130))
})
process.once('SIGTERM', () => process.exit(143))

process.exitCode = await runReplay(process.argv.slice(2), {
  out: stdout,
  err: (text) => stderr.write(text),
  tty: stderr.isTTY ? stderr : null,
  ask: stdin.isTTY && stderr.isTTY ? ask : null,
  stop: stop.signal,
})

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: stop.signal })).trim())
  } catch {
    return false
  } finally {
    lines.close()
  }
}
