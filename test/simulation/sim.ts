/** `npm run sim -- --seeds 10000`: worlds from seeds until one breaks a law. `--help` says everything. */
import { runSim } from './sim-command.ts'

const { stdout, stderr } = process

process.exitCode = await runSim(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  tty: stderr.isTTY ? stderr : null,
})
