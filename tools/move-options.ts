/** The flags of `npm run move`, read and checked. */
import { join, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { positionText } from '../adapters/log-position.ts'
import { BadFlags, HelpAsked } from './import-options.ts'

export type MoveOptions = {
  stream: string
  data: string
  /** A position of the log; null: where the last move to this stream ended. */
  from: string | null
  dry_run: boolean
}

type Flags = { toStream: string; data: string; from?: string; dryRun?: true }

const EXPLANATION = `
Every record goes as it came in: its bytes, topic, source, and the time at which it was received. Records of one device
stay in their order. The processor on AWS then comes to the same rows as this home. What it knows already it drops: a
move may be broken off and run again, and nothing counts twice.

While the server runs the log grows: move once beside it, stop it, point the devices to AWS, and move the rest. Where a
move ended is kept in the data folder, a file for each stream. --from 0 begins anew. Where devices are heard by IoT
Wireless, move a second time with --from 0 when the first is processed: their configurations are then known.

Region and credentials are those of the AWS SDK: AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, …
It needs kinesis:DescribeStreamSummary and kinesis:PutRecords on the stream.

Exit codes:
  0   everything up to the end of the log is on the stream
  1   broken off: run it again, it goes on where it was
  2   nothing was moved: a wrong flag, no log, or no stream
`

/** `argv` without node and the script. Throws `BadFlags`, or `HelpAsked`. */
export function parseMoveOptions(argv: string[], write: (text: string) => void): MoveOptions {
  const command = describeCommand(write)
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new HelpAsked()
    throw new BadFlags(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
  const { toStream, data, from, dryRun } = command.opts<Flags>()
  return { stream: toStream, data: resolve(data), from: from ?? null, dry_run: dryRun ?? false }
}

function describeCommand(write: (text: string) => void): Command {
  return new Command('npm run move --')
    .description('Replays the log of an embedded home into a Kinesis stream of the AWS home.')
    .helpOption('-h, --help', 'this text')
    .addOption(
      new Option('--to-stream <name>', 'the stream, such as pilotline-small-events')
        .argParser(readStream)
        .makeOptionMandatory(),
    )
    .option('--data <dir>', 'the data folder of the embedded home', join('data', 'pilotline'))
    .addOption(new Option('--from <position>', 'moves what comes after it; 0 is all').argParser(readPosition))
    .option('--dry-run', 'reads the log, says what would be moved, and asks AWS nothing')
    .addHelpText('after', EXPLANATION)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride()
}

/** As Kinesis takes them. */
function readStream(name: string): string {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name))
    throw new InvalidArgumentError('A stream has 1 to 128 letters, digits, points, hyphens or underscores.')
  return name
}

function readPosition(text: string): string {
  if (!/^\d{1,20}$/.test(text) || Number(text) > Number.MAX_SAFE_INTEGER)
    throw new InvalidArgumentError('A position of the log is a whole number.')
  return Number(text) === 0 ? '' : positionText(Number(text))
}
