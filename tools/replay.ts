/** `npm run replay`: history read again. `--help` says everything. */
import { runReplay } from './replay-command.ts'

const { stdout, stderr } = process

process.exitCode = await runReplay(process.argv.slice(2), {
  out: stdout,
  err: (text) => stderr.write(text),
  tty: stderr.isTTY ? stderr : null,
})
