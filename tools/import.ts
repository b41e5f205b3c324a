/** `npm run import`: rows of a file become events and configurations. `--help` says everything. */
import { runImport } from './import-command.ts'

const { stdout, stderr } = process

process.exitCode = await runImport(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  tty: stderr.isTTY ? stderr : null,
})
