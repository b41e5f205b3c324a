/** The flags of `npm start`, read and checked. */
import { join, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'

export type ServeOptions = {
  fleet: { chargers: number; thermostats: number } | null
  mqtt_port: number
  http_port: number
  bind: string
  host_names: string[]
  /** Absolute. With the fleet on it is a folder of the fleet's own. */
  data: string
}

/** The flags cannot be followed; the message is one line for a person. */
export class BadFlags extends Error {}
/** Everything asked for was the help text. */
export class HelpAsked extends Error {}

type Flags = {
  fleet: boolean
  mqtt: number
  http: number
  bind: string
  hostName: string[]
  data?: string
  chargers?: number
  thermostats?: number
}

const CHARGERS = 20
const THERMOSTATS = 10

const EXPLANATION = `
Data folders:
  with the fleet     data/demo, or DIR/demo: simulated and real data never mix
  with --no-fleet    data/pilotline, or DIR

Examples:
  npm start                                       a simulated fleet, and a page to watch it on
  npm start -- --chargers 100 --thermostats 0     a bigger fleet, of chargers only
  npm start -- --no-fleet                         for real devices on this machine
  npm start -- --no-fleet --mqtt 2883 --http 9090 --data /srv/pilotline
  npm start -- --no-fleet --bind 0.0.0.0          for devices on the network: no TLS, no passwords

Exit codes:
  0   stopped by Ctrl-C (SIGINT) or SIGTERM, after what had come in was processed (two seconds at most)
  1   an error of its own, or of the machine under it; nothing that was acknowledged is lost
  2   it could not begin: a bad flag, a port in use, a folder it cannot write to or that another process holds
  130 told to stop a second time, and ended at once; nothing that was acknowledged is lost
`

/** `argv` without node and the script. Throws `BadFlags`, or `HelpAsked` when the help text has been written. */
export function parseServeOptions(argv: string[]): ServeOptions {
  const command = describeCommand()
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) throw new HelpAsked()
    throw new BadFlags(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
  return checkFlags(command.opts<Flags>())
}

function describeCommand(): Command {
  return new Command('npm start --')
    .description('Runs Pilotline on this machine: MQTT in, sessions and cycles out, a page to look at.')
    .helpOption('-h, --help', 'this text')
    .option('--no-fleet', 'no simulated fleet: for real devices')
    .addOption(numberOption('--mqtt <port>', 'MQTT port; 0 takes a free one', 65_535).default(1883))
    .addOption(numberOption('--http <port>', 'HTTP port; 0 takes a free one', 65_535).default(8080))
    .option('--data <dir>', 'where everything is kept (see below)')
    .option('--bind <address>', 'address to listen on, for MQTT and HTTP', '127.0.0.1')
    .addOption(hostNameOption())
    .addOption(numberOption('--chargers <n>', `chargers of the fleet (default: ${CHARGERS})`, 10_000))
    .addOption(
      numberOption('--thermostats <n>', `thermostats of the fleet (default: ${THERMOSTATS})`, 10_000),
    )
    .addHelpText('after', EXPLANATION)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
}

function numberOption(flags: string, description: string, most: number): Option {
  return new Option(flags, description).argParser((text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) > most)
      throw new InvalidArgumentError(`It is a whole number from 0 to ${most}.`)
    return Number(text)
  })
}

function hostNameOption(): Option {
  const description = 'a name that a proxy in front is reached by; may be given more than once'
  return new Option('--host-name <name>', description)
    .argParser((name, before: string[]) => {
      if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name))
        throw new InvalidArgumentError('It is a host name without a port.')
      return [...before, name]
    })
    .default([], 'none')
}

function checkFlags(flags: Flags): ServeOptions {
  const { fleet, mqtt, http, bind } = flags
  const asked = (['chargers', 'thermostats'] as const).find((name) => flags[name] !== undefined)
  if (!fleet && asked) throw new BadFlags(`--${asked} is for the fleet, and --no-fleet leaves it out`)
  if (mqtt === http && mqtt !== 0) throw new BadFlags(`--mqtt and --http are both ${mqtt}`)
  if (flags.data === '') throw new BadFlags('--data names no folder')
  return {
    fleet: fleet
      ? { chargers: flags.chargers ?? CHARGERS, thermostats: flags.thermostats ?? THERMOSTATS }
      : null,
    mqtt_port: mqtt,
    http_port: http,
    bind,
    host_names: flags.hostName,
    data: resolve(fleet ? join(flags.data ?? 'data', 'demo') : (flags.data ?? join('data', 'pilotline'))),
  }
}
