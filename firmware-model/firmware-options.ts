/** The options of the reference firmware that the model knows, and what they set in it. */
import { DEFAULT_WIRING, type EvseConfig, type EvseWiring } from './evse-config.ts'
import { type KconfigOption, parseKconfig, parsePrjConf, readValue } from './kconfig.ts'

/** The firmware's options, by name without `CONFIG_` (EVSE and thermostat data model, "Firmware Configuration"). */
const PREFIX = 'SID_END_DEVICE_'

const WIRING: Record<keyof EvseWiring, string> = {
  pilot_scale_num: 'EVSE_PILOT_SCALE_NUM',
  pilot_scale_den: 'EVSE_PILOT_SCALE_DEN',
  pilot_bias_mv: 'EVSE_PILOT_BIAS_MV',
  current_scale_num: 'EVSE_CURRENT_SCALE_NUM',
  current_scale_den: 'EVSE_CURRENT_SCALE_DEN',
  nominal_voltage_v: 'EVSE_NOMINAL_VOLTAGE_V',
  pilot_tolerance_mv: 'EVSE_PILOT_TOLERANCE_MV',
}

/** Known, and without a part in what the model computes. */
const ELSEWHERE: readonly [string, KconfigOption['type'], string][] = [
  ['ECHO_MSGS', 'bool', 'y'],
  ['GPIO_EVENTS', 'bool', 'y'],
  ['GPIO_POLL_INTERVAL_MS', 'int', '100'],
  ['GPIO_SIM_INTERVAL_MS', 'int', '2000'],
  ['GPIO_SIMULATOR', 'bool', 'y'],
  ['GPIO_TEST_MODE', 'bool', 'n'],
  ['GPIO_TEST_TRANSITIONS', 'int', '6'],
  ['EVSE_ENABLED', 'bool', 'y'],
  ['EVSE_PWM_GPIO_PORT', 'int', '0'],
  ['EVSE_PWM_GPIO_PIN', 'int', '1'],
  ['EVSE_PROX_GPIO_PORT', 'int', '0'],
  ['EVSE_PROX_GPIO_PIN', 'int', '4'],
  ['EVSE_PILOT_ADC_CHANNEL', 'int', '2'],
  ['EVSE_CURRENT_ADC_CHANNEL', 'int', '3'],
  ['AUTO_START', 'bool', 'y'],
  ['AUTO_CONN_REQ', 'bool', 'y'],
]

const REFERENCE_OPTIONS: KconfigOption[] = [
  ...Object.entries(WIRING).map(([field, name]) =>
    option(name, 'int', String(DEFAULT_WIRING[field as keyof EvseWiring])),
  ),
  option('EVSE_SAMPLE_INTERVAL_MS', 'int', '2000'),
  option('GPIO_DEBOUNCE_MS', 'int', '50'),
  option('DEVICE_ID', 'string', 'unknown'),
  option('DEVICE_TYPE', 'string', 'evse'),
  ...ELSEWHERE.map(([name, type, value]) => option(name, type, value)),
]

function option(name: string, type: KconfigOption['type'], value: string): KconfigOption {
  return { name: PREFIX + name, type, default: value }
}

export type FirmwareBuild = {
  evse: EvseWiring & Pick<EvseConfig, 'device_id'>
  sample_interval_ms: number
  gpio_debounce_ms: number
  /** Options of the firmware's own prefix that its Kconfig does not have: most often a slip of the pen. */
  unknown: string[]
  /** Options of the system under it, which the model does not know. */
  foreign: string[]
  problems: string[]
}

/**
 * What a build with this `prj.conf` does. `kconfig` is the text of a firmware's own Kconfig, for one that has other
 * options or other defaults than the reference; problems are sentences, and a value with a problem is left at its default.
 */
export function firmwareBuild(of: { prj_conf: string; kconfig?: string }): FirmwareBuild {
  const options = new Map(REFERENCE_OPTIONS.map((known) => [known.name, known]))
  if (of.kconfig !== undefined) for (const [name, own] of parseKconfig(of.kconfig)) options.set(name, own)
  const { values, problems } = parsePrjConf(of.prj_conf)
  const unset = [...values.keys()].filter((name) => !options.has(name))

  function read(name: string): number | boolean | string {
    const known = options.get(PREFIX + name) as KconfigOption
    const given = values.get(known.name)
    const value = given ? readValue(known, given) : null
    if (value && 'problem' in value) problems.push(value.problem)
    if (value && 'value' in value) return value.value
    return known.type === 'string' || known.default === null ? (known.default ?? '') : Number(known.default)
  }

  const wiring = Object.fromEntries(
    Object.entries(WIRING).map(([field, name]) => [field, Number(read(name))]),
  )
  const build: FirmwareBuild = {
    evse: { ...(wiring as EvseWiring), device_id: String(read('DEVICE_ID')) },
    sample_interval_ms: Number(read('EVSE_SAMPLE_INTERVAL_MS')),
    gpio_debounce_ms: Number(read('GPIO_DEBOUNCE_MS')),
    unknown: unset.filter((name) => name.startsWith(PREFIX)).map((name) => `CONFIG_${name}`),
    foreign: unset.filter((name) => !name.startsWith(PREFIX)).map((name) => `CONFIG_${name}`),
    problems,
  }
  for (const field of ['pilot_scale_den', 'current_scale_den'] as const)
    if (build.evse[field] === 0)
      problems.push(`CONFIG_${PREFIX}${WIRING[field]}: 0 divides by zero at the first poll`)
  return build
}
