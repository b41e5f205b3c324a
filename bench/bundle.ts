/** How large the handlers are and how long their import takes, on this machine: what a cold start waits for. `npm run bench` */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { AWS_VARIABLES, QUERY_VARIABLES } from '../adapters/aws-names.ts'
import { bundleFolder, bundleHandler, HANDLER_FILE } from '../infra/bundle.ts'

const HANDLERS = ['processors/stream.lambda.ts', 'processors/sweep.lambda.ts', 'api/api.lambda.ts']
const RUNS = 9

/** What Lambda sets, and what the template sets. */
const ENVIRONMENT = {
  [AWS_VARIABLES.table_prefix]: 'pilotline-bench-',
  [AWS_VARIABLES.stream]: 'pilotline-bench-events',
  [AWS_VARIABLES.iot_endpoint]: 'https://data-ats.iot.eu-central-1.amazonaws.com',
  [QUERY_VARIABLES.athena_workgroup]: 'pilotline-bench-questions',
  [QUERY_VARIABLES.athena_database]: 'pilotline_bench',
  AWS_REGION: 'eu-central-1',
}

/** Milliseconds from the beginning of the import to its end, in a process of its own. */
function importMs(file: string): number {
  const script = `const start = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(performance.now() - start)`
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: ENVIRONMENT,
    encoding: 'utf8',
  })
  return Number(said)
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

console.log('\nBundles: what a cold start loads, of what there is, minified, the AWS SDK inside')
for (const entry of HANDLERS) {
  const files = bundleHandler(entry)
  const whole = Buffer.concat(files.map(({ code }) => code))
  const file = join(bundleFolder(entry), HANDLER_FILE)
  const import_ms = median(Array.from({ length: RUNS }, () => importMs(file)))
  const atStart = files.reduce((bytes, { code, at_start }) => bytes + (at_start ? code.byteLength : 0), 0)
  const kb = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`
  console.log(
    `  ${entry.padEnd(30)} ${kb(atStart).padStart(7)} of ${kb(whole.byteLength)} (${kb(gzipSync(whole).byteLength)} zipped)  import ${import_ms.toFixed(0)} ms`,
  )
}
