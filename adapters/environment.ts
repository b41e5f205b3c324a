/** The one reader of environment variables: their names, what each may be, and one error that names all that are wrong. */
import { ARCHIVE_VARIABLES, AWS_VARIABLES, NIGHT_VARIABLES, QUERY_VARIABLES } from './aws-names.ts'

/** `parse` answers null where a text breaks the rule. */
type Variable<T> = { name: string; parse(text: string): T | null; rule: string }

const VARIABLES = {
  /** Data folder of the embedded home. */
  data_dir: text('PILOTLINE_DATA'),
  mqtt_port: port('PILOTLINE_MQTT_PORT'),
  http_port: port('PILOTLINE_HTTP_PORT'),
  table_prefix: text(AWS_VARIABLES.table_prefix),
  stream: text(AWS_VARIABLES.stream),
  archive_bucket: text(ARCHIVE_VARIABLES.archive_bucket),
  night: text(NIGHT_VARIABLES.night),
  athena_workgroup: text(QUERY_VARIABLES.athena_workgroup),
  athena_database: text(QUERY_VARIABLES.athena_database),
  iot_endpoint: origin(AWS_VARIABLES.iot_endpoint),
}

type Known = typeof VARIABLES
export type VariableKey = keyof Known
type ValueOf<K extends VariableKey> = Known[K] extends Variable<infer T> ? T : never
/** What the environment says; a variable that is not set, or set to nothing, is absent. */
export type Environment = { [K in VariableKey]?: ValueOf<K> }

/** Variables that are missing or say what they cannot; the message names each. */
export class BadEnvironment extends Error {}

/** Reads what is set. @throws BadEnvironment where a value breaks its rule */
export function readEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return read(source, [])
}

/** Reads what is set, of which `keys` must be. @throws BadEnvironment where one is missing or a value breaks its rule */
export function requireEnvironment<K extends VariableKey>(
  keys: readonly K[],
  source: NodeJS.ProcessEnv = process.env,
): Environment & { [P in K]: ValueOf<P> } {
  return read(source, keys) as Environment & { [P in K]: ValueOf<P> }
}

function read(source: NodeJS.ProcessEnv, required: readonly VariableKey[]): Environment {
  const environment: Record<string, unknown> = {}
  const wrong: string[] = []
  for (const [key, variable] of Object.entries<Variable<unknown>>(VARIABLES)) {
    const said = source[variable.name]
    if (said === undefined || said === '') {
      if (required.includes(key as VariableKey)) wrong.push(`${variable.name} is not set`)
      continue
    }
    const value = variable.parse(said)
    if (value === null) wrong.push(`${variable.name}: ${JSON.stringify(said)} ${variable.rule}`)
    else environment[key] = value
  }
  if (wrong.length > 0) throw new BadEnvironment(wrong.join('; '))
  return environment as Environment
}

function text(name: string): Variable<string> {
  return { name, parse: (said) => said, rule: '' }
}

function origin(name: string): Variable<string> {
  const parse = (said: string) => {
    const url = URL.parse(said)
    return url && /^https?:$/.test(url.protocol) && said.replace(/\/$/, '') === url.origin ? url.origin : null
  }
  return { name, parse, rule: 'is no address such as https://data-ats.iot.eu-central-1.amazonaws.com' }
}

function port(name: string): Variable<number> {
  const parse = (said: string) => (/^\d{1,5}$/.test(said) && Number(said) <= 65_535 ? Number(said) : null)
  return { name, parse, rule: 'is no port (0 to 65535)' }
}
