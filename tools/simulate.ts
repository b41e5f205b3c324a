/** `npm run simulate`: a fleet from a seed, into a file or a broker. `--help` says everything. */
import { runSimulate } from './simulate-command.ts'

const { stdout, stderr } = process

process.exitCode = await runSimulate(process.argv.slice(2), {
  out: stdout,
  err: (text) => stderr.write(text),
  tty: stderr.isTTY ? stderr : null,
})
