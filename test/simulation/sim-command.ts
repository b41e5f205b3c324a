/** What `npm run sim` does: world after world, until one breaks a law; that one is cut small and printed. */
import { SingleBar } from 'cli-progress'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { BROKEN } from './broken.ts'
import type { Variant } from './consumer.ts'
import { pasteable, shrunk } from './shrink-world.ts'
import { rough, type World, type Wrong, whatIsWrong, worldOf } from './world.ts'

/** `tty` is a terminal that progress may be drawn on, or null: then it is told in lines. */
export type SimStreams = {
  out: (text: string) => void
  err: (text: string) => void
  tty: NodeJS.WritableStream | null
}

type Options = { seeds: number; from: number; broken?: string; rough?: true; count?: true }

/** 0: every world came to what it must; 1: one did not, or the home itself threw; 2: bad flags. */
export async function runSim(args: readonly string[], streams: SimStreams): Promise<number> {
  const options = readOptions(args, streams)
  if (typeof options === 'number') return options
  const variant = options.broken === undefined ? {} : (BROKEN[options.broken] as Variant)
  if (options.count) return countWrong(options, variant, streams)
  const found = await firstWrong(options, variant, streams)
  if (!found) {
    streams.out(`${options.seeds} worlds from seed ${options.from} on: every law was kept\n`)
    return 0
  }
  const { world, wrong } = found
  streams.out(`SEED=${world.seed} breaks the law that ${wrong.law}:\n${wrong.found}\n`)
  streams.err(`${world.said.length} records: it is being cut small\n`)
  const small = await shrunk(world, variant)
  streams.out(`\nCut small, by the law that it breaks (${small.said.length} records), as a test:\n\n`)
  streams.out(pasteable(small, wrong.law))
  return 1
}

function readOptions(args: readonly string[], { out, err }: SimStreams): Options | number {
  const command = new Command('npm run sim --')
    .description('Lets whole worlds happen, each from its seed, with faults, and holds each to the law.')
    .addOption(new Option('--seeds <n>', 'how many worlds').argParser(wholeNumber).default(1_000))
    .addOption(new Option('--from <n>', 'the first seed').argParser(wholeNumber).default(1))
    .addOption(
      new Option('--broken <how>', 'with a home put together wrong, to see it found').choices(
        Object.keys(BROKEN),
      ),
    )
    .option('--rough', 'more of everything that goes wrong, in each of them')
    .option('--count', 'go on after one that fails, and say at the end which did')
    .addHelpText('after', '\nExit codes: 0 every law was kept, 1 one was broken, 2 bad flags.')
    .allowExcessArguments(false)
    .configureOutput({ writeOut: out, writeErr: err })
    .exitOverride()
  try {
    return command.parse(args, { from: 'user' }).opts<Options>()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.')
  return Number(text)
}

type Found = { world: World; wrong: Wrong }

async function firstWrong(...of: Parameters<typeof eachWrong>): Promise<Found | null> {
  for await (const found of eachWrong(...of)) return found
  return null
}

/** Lets all of the worlds happen; one line for each that fails. */
async function countWrong(...[options, variant, streams]: Parameters<typeof eachWrong>): Promise<number> {
  let count = 0
  for await (const { world, wrong } of eachWrong(options, variant, streams)) {
    count++
    streams.out(`SEED=${world.seed} breaks the law that ${wrong.law}: ${wrong.found}\n`)
  }
  const { seeds, from } = options
  streams.out(`${seeds - count} of ${seeds} worlds from seed ${from} on kept every law\n`)
  return count === 0 ? 0 : 1
}

async function* eachWrong(
  { seeds, from, rough: isRough }: Options,
  variant: Variant,
  streams: SimStreams,
): AsyncGenerator<Found> {
  const progress = tellProgress(seeds, streams)
  try {
    for (let seed = from; seed < from + seeds; seed++) {
      const world = isRough ? rough(worldOf(seed)) : worldOf(seed)
      const wrong = await wrongOrThrown(world, variant)
      if (wrong) yield { world, wrong }
      progress.tell(seed - from + 1)
    }
  } finally {
    progress.end()
  }
}

/** What a home throws that nobody foresaw breaks a law too. */
async function wrongOrThrown(world: World, variant: Variant): Promise<Wrong | null> {
  try {
    return await whatIsWrong(world, variant)
  } catch (error) {
    return { law: 'no world makes it throw', found: String(error) }
  }
}

const LINE_EVERY = 500

function tellProgress(seeds: number, { err, tty }: SimStreams) {
  if (!tty)
    return {
      tell: (done: number) => {
        if (done % LINE_EVERY === 0) err(`${done} of ${seeds} worlds\n`)
      },
      end: () => {},
    }
  const format = '{bar} {value}/{total} worlds, {eta_formatted} left'
  const bar = new SingleBar({ format, stream: tty, hideCursor: true, etaBuffer: 200 })
  bar.start(seeds, 0)
  return { tell: (done: number) => bar.update(done), end: () => bar.stop() }
}
