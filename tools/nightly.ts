/** `npm run nightly`: the night of one day, over a data folder. `--help` says everything. */
import { runNightly } from './nightly-command.ts'

process.exitCode = await runNightly(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr })
