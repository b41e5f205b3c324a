/** The flags of `npm run import-detector`, read and checked. */
import { resolve } from 'node:path'
import { Command, CommanderError } from 'commander'

export type ImportDetectorOptions = {
  file: string
  chart_folder: string
  test_folder: string
  force: boolean
}

/** The flags cannot be followed; the message is one line for a person. */
export class BadDetectorFlags extends Error {}
/** Everything asked for was the help text; it has been written. */
export class DetectorHelpAsked extends Error {}

const EXPLANATION = `
The file is JSON: the request of CreateDetectorModel, the answer of DescribeDetectorModel, a CloudFormation resource or
template with one AWS::IoTEvents::DetectorModel, or the bare definition with states and initialStateName.

What has no counterpart is listed by name, and then nothing is written. docs/import-detector.md says what becomes of
states, events, expressions, timers and actions.

Exit codes:
  0   the chart and its tests have been written
  2   nothing has been written: a wrong flag, no JSON, no detector model, something without a counterpart, or a file of
      that name that holds something else (--force writes over it)
`

/** `argv` without node and the script; `root` is the project. Throws BadDetectorFlags, or DetectorHelpAsked. */
export function parseImportDetectorOptions(
  argv: string[],
  root: string,
  write: (text: string) => void,
): ImportDetectorOptions {
  const command = new Command('npm run import-detector --')
    .description('Turns a detector model of AWS IoT Events into a chart of this project, with its tests.')
    .argument('<model.json>', 'the detector model')
    .helpOption('-h, --help', 'this text')
    .option('--out <dir>', 'where both go (default: statecharts/imported and test/imported)')
    .option('--force', 'writes over files that hold something else')
    .addHelpText('after', EXPLANATION)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride()
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new DetectorHelpAsked()
    throw new BadDetectorFlags(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
  const { out, force } = command.opts<{ out?: string; force?: true }>()
  if (out === '') throw new BadDetectorFlags('--out names no folder')
  return {
    file: command.args[0] as string,
    chart_folder: resolve(out ?? `${root}/statecharts/imported`),
    test_folder: resolve(out ?? `${root}/test/imported`),
    force: force ?? false,
  }
}
