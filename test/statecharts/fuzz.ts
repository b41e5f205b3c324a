/**
 * `npm run fuzz -- --minutes 10`: random machines, and the shipped charts on random fleets, by both runners until time is up.
 * Exit codes: 0 they agreed, 1 they did not (the case is printed, cut small, as a test to paste), 2 bad flags.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { RULES } from '../../statecharts/compile-rules.ts'
import { type Case, campaign, disagreement, type Figures, pasteable } from './campaign.ts'
import { FAULTS } from './faults.ts'
import { fleetAgrees } from './fleet-agreement.ts'
import { machineOf } from './machine-source.ts'
import { shrunk } from './shrink.ts'

/** After so many machines a fleet has its turn, and progress is told. */
const STRETCH = 2_000

type Flags = { minutes: number; seed: number; planted?: string }

function readFlags(): Flags {
  const number = (text: string) => {
    if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('It is a number.')
    return Number(text)
  }
  return new Command('npm run fuzz --')
    .description('Runs random machines by xstate and from compiled tables, and fails where the two differ.')
    .addOption(new Option('--minutes <m>', 'for how long').argParser(number).default(1))
    .addOption(new Option('--seed <n>', 'of the first machine').argParser(number).default(1))
    .addOption(new Option('--planted <fault>', 'with a fault, to see it found').choices(Object.keys(FAULTS)))
    .helpOption('-h, --help', 'this text')
    .addHelpText('after', '\nExit codes: 0 both agreed, 1 they did not, 2 bad flags.')
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse()
    .opts<Flags>()
}

function run({ minutes, seed, planted }: Flags): Case | null {
  const rules = (planted && FAULTS[planted]) || RULES
  const ends_at = Date.now() + minutes * 60_000
  const inTime = () => Date.now() < ends_at
  const sum: Partial<Figures> = {}
  for (let first = seed; inTime(); first += STRETCH) {
    const { figures, found } = campaign(first, ({ machines }) => machines < STRETCH && inTime(), rules)
    for (const [name, count] of Object.entries(figures) as [keyof Figures, number][])
      sum[name] = (sum[name] ?? 0) + count
    console.error(`seeds ${seed} to ${first + figures.machines - 1}: ${JSON.stringify(sum)}`)
    if (found) return shrunk(found, (one) => disagreement(machineOf(one.source), one.moves, rules) !== null)
    if (inTime()) fleetAgrees({ seed: first, chargers: 4, thermostats: 4, hours: 24, faults: 'harsh' })
  }
  return null
}

const found = run(readFlags())
if (found) console.log(pasteable(found))
process.exitCode = found ? 1 : 0
