/** `npm run impact`: what a change of charts would have done. `--help` says everything. */
import { join } from 'node:path'

const { stdout, stderr } = process

// What is checked out is removed when the process ends.
process.once('SIGINT', () => process.exit(2))
process.once('SIGTERM', () => process.exit(2))

/** The charts of the working tree are among what the command is made of: one that does not compile is told in a line. */
async function load() {
  const { reasonOf } = await import('./error-line.ts')
  try {
    return await import('./impact-command.ts')
  } catch (error) {
    const reason = reasonOf(error, join(import.meta.dirname, '..'))
    stderr.write(`impact: the charts of the working tree do not compile: ${reason}\n`)
    return null
  }
}

const command = await load()
process.exitCode =
  (await command?.runImpact(process.argv.slice(2), {
    out: stdout,
    err: (text) => stderr.write(text),
    tty: stderr.isTTY ? stderr : null,
  })) ?? 2
