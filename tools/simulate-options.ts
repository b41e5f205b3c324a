/** The flags of `npm run simulate`, read and checked. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseIsoTime } from '../events/timestamp.ts'
import type { FleetFirmware } from '../firmware-model/fleet-members.ts'
import { FAULT_LEVELS, type FaultLevel } from '../firmware-model/radio.ts'
import { parseScenario, type ScenarioStep } from '../firmware-model/scenario.ts'
import { LINK_BYTES, type SidewalkLink } from '../firmware-model/sidewalk.ts'
import { importFlags } from './simulate-configs.ts'

export type SimulateOptions = {
  seed: number
  evse: number
  thermostats: number
  hours: number
  faults: FaultLevel
  firmware: FleetFirmware
  /** Share of the sites whose first charger is on the thermostat's circuit. */
  shared_circuits: number
  /** Epoch ms; null: such that the last message is sent now. */
  start: number | null
  scenario: ScenarioStep[] | null
  /** `-` is the standard output. */
  out: string | null
  truth: string | null
  configs: string | null
  mqtt: string | null
  speed: number
  prj_conf: string | null
  kconfig: string | null
  link: SidewalkLink | null
}

/** The flags cannot be followed; the message is one line for a person. */
export class BadFlags extends Error {}
/** Everything asked for was the help text; it has been written. */
export class HelpAsked extends Error {}

/** Recordings begin here unless told, so that they are the same on every day. */
const RECORDED_FROM = Date.UTC(2026, 0, 5)

const EXPLANATION = `
A line of --out is a message: { "received_at": epoch ms, "topic": …, "payload": text }, in order of arrival. The same flags
give the same bytes. --truth is what really happened: sessions, cycles and violated interlocks, with their times and
energy; what goes on at the end has no ended_at.

Faults:
  none       the air's delay of some tenths of a second, and nothing else
  orderly    copies, delays and outages, but nothing is lost and nothing overtakes
  normal     that, and what is lost, overtaken, rebooted, told a wrong time, or let through by a gate that fails, now and
             then; clocks run fast or slow by up to four seconds a day
  harsh      all of it, often; clocks by up to 40 seconds a day

With --shared-circuits 0.5 the first charger of every second site (two chargers and a thermostat) is on one circuit with
the thermostat, and may not draw while it calls. A server that is to see whether it does has to know: --configs writes
what each device is and where, for
  npm run import -- CONFIGS --as device-config \\
${importFlags('    ')}

A scenario is one charger's day: plug; charge 30m at 16A; pause 5m; pull. Its words: plug, charge T [at I], ventilate T
[at I], pause T, fault T, down T, pull, wait T, reboot, reboot blind (the time is lost), sync.

With --mqtt the messages are published, each device on a connection of its own: in real time, or, with --speed 60, an
hour a minute; then what is simulated lies in the past and ends now. Devices obey time syncs in real time only.

Examples:
  npm run simulate -- --seed 7 --evse 100 --thermostats 50 --hours 24 --faults normal --out events.ndjson --truth truth.json
  npm run simulate -- --scenario 'plug; charge 30m at 16A; reboot; charge 10m; pull' --firmware reference --out -
  npm run simulate -- --evse 10 --hours 1 --mqtt mqtt://127.0.0.1:1883
  npm run simulate -- --evse 5 --prj-conf prj.conf --link css --out /dev/null

Exit codes: 0 done, 1 an error on the way, 2 it could not begin.
`

type Flags = Omit<SimulateOptions, 'prj_conf' | 'scenario' | 'start' | 'shared_circuits'> & {
  sharedCircuits: number
  configs?: string
  prjConf?: string
  kconfig?: string
  scenario?: ScenarioStep[]
  start?: number
  out?: string
  truth?: string
  mqtt?: string
  link?: SidewalkLink
}

/** `argv` without node and the script. Throws `BadFlags`, or `HelpAsked`. */
export function parseSimulateOptions(argv: string[], write: (text: string) => void): SimulateOptions {
  const command = describeCommand(write)
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new HelpAsked()
    throw new BadFlags(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
  return checkFlags(command.opts<Flags>())
}

function describeCommand(write: (text: string) => void): Command {
  return new Command('npm run simulate --')
    .description(
      'Simulates chargers and thermostats with people around them, and writes or publishes what they send.',
    )
    .helpOption('-h, --help', 'this text')
    .addOption(whole('--seed <n>', 'of everything that chance decides', 2 ** 32 - 1).default(1))
    .addOption(whole('--evse <n>', 'chargers', 100_000).default(10))
    .addOption(whole('--thermostats <n>', 'thermostats', 100_000).default(0))
    .addOption(number('--hours <h>', 'how long it lasts', 24 * 366).default(24))
    .addOption(
      choice('--faults <level>', 'of radio, clocks and power', Object.keys(FAULT_LEVELS)).default('none'),
    )
    .addOption(
      choice('--firmware <kind>', 'of the chargers', ['mixed', 'reference', 'correct']).default('mixed'),
    )
    .addOption(
      number('--shared-circuits <share>', 'of the sites, charger and thermostat on one', 1).default(
        0,
        'none',
      ),
    )
    .addOption(
      new Option('--start <time>', 'ISO 8601 with its offset (default: 2026-01-05T00:00Z)').argParser(
        readTime,
      ),
    )
    .addOption(new Option('--scenario <script>', 'one charger instead of a fleet').argParser(readScenario))
    .option('--out <file>', 'where the messages go; - is the standard output')
    .option('--truth <file>', 'where the truth goes, as JSON')
    .option('--configs <file>', 'where the devices’ configurations go, as CSV for npm run import')
    .option('--mqtt <url>', 'a broker to publish to')
    .addOption(number('--speed <n>', 'times real time, with --mqtt', 10_000).default(1))
    .option('--prj-conf <file>', 'the chargers’ wiring, as the firmware is configured')
    .option('--kconfig <file>', 'the options and defaults of a firmware of your own')
    .addOption(choice('--link <link>', 'names payloads that do not fit it', Object.keys(LINK_BYTES)))
    .addHelpText('after', EXPLANATION)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride()
}

function checkFlags(flags: Flags): SimulateOptions {
  const { out = null, truth = null, configs = null, mqtt = null, link = null, speed } = flags
  const { prjConf = null, kconfig = null } = flags
  if (out === null && mqtt === null)
    throw new BadFlags('give --out, --mqtt or both: there is nowhere for the messages to go')
  if (mqtt !== null && !/^mqtts?:\/\/./.test(mqtt))
    throw new BadFlags(`--mqtt: ${JSON.stringify(mqtt)} is no mqtt address`)
  if (mqtt === null && speed !== 1) throw new BadFlags('--speed is for --mqtt')
  if (kconfig !== null && prjConf === null) throw new BadFlags('--kconfig is for --prj-conf')
  if (mqtt !== null && flags.start !== undefined) throw new BadFlags('--start and --mqtt exclude each other')
  const start = mqtt === null ? (flags.start ?? RECORDED_FROM) : null
  const { seed, evse, thermostats, hours, faults, firmware, sharedCircuits: shared_circuits } = flags
  const scenario = flags.scenario ?? null
  if (scenario && (shared_circuits > 0 || configs !== null))
    throw new BadFlags('--shared-circuits and --configs are for fleets, not for a --scenario')
  return {
    seed,
    evse,
    thermostats,
    hours,
    faults,
    firmware,
    shared_circuits,
    start,
    scenario,
    out,
    truth,
    configs,
    mqtt,
    speed,
    prj_conf: prjConf,
    kconfig,
    link,
  }
}

function whole(flags: string, description: string, most: number): Option {
  return new Option(flags, description).argParser((text) => {
    if (!/^\d{1,10}$/.test(text) || Number(text) > most)
      throw new InvalidArgumentError(`It is a whole number from 0 to ${most}.`)
    return Number(text)
  })
}

function number(flags: string, description: string, most: number): Option {
  return new Option(flags, description).argParser((text) => {
    if (!/^\d{1,6}(\.\d{1,6})?$/.test(text) || Number(text) > most || Number(text) === 0)
      throw new InvalidArgumentError(`It is a number above 0 and up to ${most}.`)
    return Number(text)
  })
}

function choice(flags: string, description: string, choices: string[]): Option {
  return new Option(flags, description).choices(choices)
}

function readTime(text: string): number {
  const ms = parseIsoTime(text)
  if (ms === null) throw new InvalidArgumentError('It is no ISO 8601 time with its offset.')
  return ms
}

function readScenario(text: string): ScenarioStep[] {
  try {
    return parseScenario(text)
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`)
  }
}
