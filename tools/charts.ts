/** `npm run charts`: pictures of the charts, and their other notations. `--help` says everything. */
import { runCharts } from './charts-command.ts'

const { stdout, stderr } = process

process.exitCode = await runCharts(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
})
