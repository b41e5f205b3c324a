/** `npm run synth`, `deploy` and `destroy`: the CDK's own command, on this Node, with `--stage` and `--email` of ours. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cdkArguments } from './cdk-arguments.ts'
import { cdkHelp } from './cdk-help.ts'

const ROOT = join(import.meta.dirname, '..')
const CDK = join(dirname(fileURLToPath(import.meta.resolve('aws-cdk/package.json'))), 'bin', 'cdk')

function run(said: string[]): number {
  const help = cdkHelp(said)
  if (help !== null) {
    process.stdout.write(help)
    return 0
  }
  const { status } = spawnSync(process.execPath, [CDK, ...cdkArguments(said)], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  if (status === 0 && said[0] === 'synth') process.stdout.write('the template is in dist/cdk\n')
  return status ?? 1
}

try {
  process.exitCode = run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
