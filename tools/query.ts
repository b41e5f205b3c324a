/** `npm run query`: a question to the archive in SQL. `--help` says everything. */
import { runQuery } from './query-command.ts'

process.exitCode = await runQuery(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr })
