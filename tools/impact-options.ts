/** The flags of `npm run impact`, read and checked. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { ReplayRange } from '../processors/replay-source.ts'
import { BadFlags } from './import-options.ts'
import { margin, parseFlags, type RangeFlags, rangeOf, readThreads, scratch, time } from './replay-options.ts'
import { type PlaceFlags, type SourceOptions, sourceOf } from './replay-places.ts'

export type ImpactOptions = {
  /** The revision that the working tree is compared with. */
  base: string
  source: SourceOptions
  range: ReplayRange
  threads: number
  /** Where the page goes; null: nowhere. */
  out: string | null
  /** Where the report goes as JSON; `-` is the standard output, which then has nothing else. */
  json: string | null
  /** Devices of which the page has an example to click through. */
  examples: number
}

type Flags = PlaceFlags &
  RangeFlags & { base: string; threads?: number; out: string; page: boolean; json?: string; examples: number }

const EXPLANATION = `
The records are folded twice: by the charts as they are at the revision, and as they are in the working tree, committed or
not. Where the two are the same code, once. Nothing is written but the page and the report; the server may run.

The range is half-open, in event time. Whatever lies before it is folded too, for a device comes to what all of its past
decides; told is what begins in the range, and what it would split into or merge with.

Packages are those that are installed here, for both. A revision that is older than processors/replay-fold.ts cannot be
folded.

Examples:
  npm run impact -- --base main --from 2026-10-01 --to 2026-11-01 --archive data/pilotline
  npm run impact -- --base v1.4 --log data/pilotline --json impact.json --no-page
  npm run impact -- --base HEAD~1 --file october.ndjson.gz --device dev-1

Exit codes: 0 nothing differs; 1 something does, a session or a chart; 2 it failed or could not begin.
`

/** `argv` without node and the script. Throws `BadFlags`, or `HelpAsked`. */
export function parseImpactOptions(argv: string[], write: (text: string) => void): ImpactOptions {
  const flags = parseFlags(describeCommand(write), argv).opts<Flags>()
  const given = [flags.archive, flags.log, flags.file].filter((one) => one !== undefined)
  if (given.length !== 1) throw new BadFlags('give one source: --archive WHERE, --log DIR or --file PATH')
  const source = sourceOf(flags)
  if (flags.base.trim() === '') throw new BadFlags('--base names no revision')
  return {
    base: flags.base,
    source,
    range: rangeOf(flags),
    threads: flags.threads ?? availableParallelism(),
    out: flags.page ? resolve(flags.out) : null,
    json: flags.json ?? null,
    examples: flags.examples,
  }
}

function describeCommand(write: (text: string) => void): Command {
  return new Command('npm run impact --')
    .usage('--base <revision> <source> [options]')
    .description('Says what a change of charts would have done to a history: sessions, cycles, energy.')
    .helpOption('-h, --help', 'this text')
    .requiredOption('--base <revision>', 'a branch, tag or commit of this repository')
    .option('--archive <where>', 'source: the archive of a data folder, or s3://bucket/prefix')
    .addOption(scratch())
    .option('--endpoint <url>', 'of S3, where it is not AWS’s own')
    .option('--log <dir>', 'source: the log of a data folder, or its log.sqlite')
    .option('--file <path>', 'source: records as NDJSON, plain or gzipped')
    .addOption(time('--from <time>', 'what began from then on'))
    .addOption(time('--to <time>', 'what began before'))
    .addOption(margin())
    .option('--device <id>', 'of one device')
    .option('--location <name>', 'at one location')
    .option('--out <file>', 'where the page goes', 'impact.html')
    .option('--no-page', 'writes no page')
    .option('--json <file>', 'the report as JSON; - is the standard output')
    .addOption(
      new Option('--examples <n>', 'on the page, to click through').argParser(readExamples).default(8, '8'),
    )
    .addOption(new Option('--threads <n>', 'default: one a core').argParser(readThreads))
    .addHelpText('after', EXPLANATION)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride()
}

function readExamples(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 0 to 99.')
  return Number(text)
}
