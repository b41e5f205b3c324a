/** `npm run import-detector`: a detector model of AWS IoT Events becomes a chart and its tests. `--help` says everything. */
import { runImportDetector } from './import-detector-command.ts'

const { stdout, stderr } = process

process.exitCode = await runImportDetector(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
})
