/** What `npm run synth`, `bootstrap`, `deploy` and `destroy` say with `--help`. */
import { STAGES } from './stages.ts'

const WHAT: Record<string, string> = {
  synth: 'Makes the template of a stage, in dist/cdk. Needs no account.',
  bootstrap: 'Prepares an account and region for the CDK, once.',
  deploy: 'Makes a stage as its template says, or changes it. What is deployed costs money while it stands.',
  destroy: 'Takes a stage away. Buckets stay, and in prod everything that holds data.',
}

/** `said` are the CDK's own words, the command first; null where nobody asked. */
export function cdkHelp(said: readonly string[]): string | null {
  const [command = ''] = said
  const what = WHAT[command]
  if (what === undefined || !said.some((one) => one === '--help' || one === '-h')) return null
  const stages = STAGES.map(({ name }) => name).join(', ')
  const stage = `  --stage <name>        ${stages} (default: small)\n`
  const more =
    '  --email <address>     gets the alarms; it is asked to confirm\n' +
    "  --iot-endpoint <url>  where commands to devices are published (default: the region's own)\n"
  const options = command === 'bootstrap' ? '' : `${stage}${command === 'destroy' ? '' : more}`
  return `Usage: npm run ${command} -- [options]

${what}

Options:
${options}  -h, --help            this text

Everything else is the CDK's own: npx cdk ${command} --help says what there is, such as --profile and --require-approval.
Region and credentials are those of the AWS SDK: AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, …
`
}
