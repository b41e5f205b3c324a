/** `npm run synth`, `deploy` and `destroy`: the CDK's own command, on this Node, with `--stage` and `--email` of ours. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cdkArguments } from './cdk-arguments.ts'

const ROOT = join(import.meta.dirname, '..')
const CDK = join(dirname(fileURLToPath(import.meta.resolve('aws-cdk/package.json'))), 'bin', 'cdk')

try {
  const args = cdkArguments(process.argv.slice(2))
  const { status } = spawnSync(process.execPath, [CDK, ...args], { cwd: ROOT, stdio: 'inherit' })
  process.exitCode = status ?? 1
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
