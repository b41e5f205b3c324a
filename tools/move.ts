/** `npm run move`: from one machine to AWS. `--help` says everything. */
import { runMove } from './move-command.ts'

const { stdout, stderr } = process

process.exitCode = await runMove(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  tty: stderr.isTTY ? stderr : null,
})
