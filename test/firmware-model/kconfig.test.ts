import { describe, expect, it } from 'vitest'
import { calibratePilot } from '../../firmware-model/calibration.ts'
import { DEFAULT_WIRING } from '../../firmware-model/evse-config.ts'
import { firmwareBuild } from '../../firmware-model/firmware-options.ts'
import { parseKconfig, parsePrjConf } from '../../firmware-model/kconfig.ts'
import { pilotMillivolts } from '../../firmware-model/pilot-voltage.ts'

const KCONFIG = `
mainmenu "A firmware"

config SID_END_DEVICE_EVSE_PILOT_TOLERANCE_MV
\tint "Tolerance"
\tdefault 800
\thelp
\t  default 5 is not meant here, nor
\t  config ANYTHING
if SID_END_DEVICE_EVSE_ENABLED

config SID_END_DEVICE_NEW_PIN
    default 0x1F
    hex "A pin"
    depends on GPIO

config SID_END_DEVICE_NAME
    string "A name"
    default "a \\"quoted\\" one"

endif

config SOMETHING_OF_ANOTHER
    default y if BOARD_X
    default n
`

describe('Kconfig syntax', () => {
  const options = parseKconfig(KCONFIG)

  it('an option has its type and its first default without a condition', () => {
    expect(options.get('SID_END_DEVICE_EVSE_PILOT_TOLERANCE_MV')).toMatchObject({
      type: 'int',
      default: '800',
    })
    expect(options.get('SID_END_DEVICE_NEW_PIN')).toMatchObject({ type: 'hex', default: '0x1F' })
    expect(options.get('SID_END_DEVICE_NAME')).toMatchObject({ type: 'string', default: 'a "quoted" one' })
    expect(options.get('SOMETHING_OF_ANOTHER')).toMatchObject({ default: 'n' })
  })

  it('help is not read, however much it looks like an option', () => {
    expect([...options.keys()]).not.toContain('ANYTHING')
  })
})

describe('prj.conf syntax', () => {
  it('the later of two values counts, comments and blank lines do not', () => {
    const { values, problems } = parsePrjConf(
      '# a comment\n\nCONFIG_A=1\r\nCONFIG_A=2\n# CONFIG_B is not set\n',
    )
    expect([...values].map(([name, { value }]) => [name, value])).toEqual([
      ['A', '2'],
      ['B', 'n'],
    ])
    expect(problems).toEqual([])
  })

  it('a line that is none is named', () => {
    expect(parsePrjConf('CONFIG_A=1\nCONFG_B=2').problems).toEqual([
      'line 2: "CONFG_B=2" is not CONFIG_NAME=value',
    ])
  })
})

describe('a build of the firmware', () => {
  it('with nothing set has the defaults', () => {
    expect(firmwareBuild({ prj_conf: '' })).toMatchObject({
      evse: { ...DEFAULT_WIRING, device_id: 'unknown' },
      sample_interval_ms: 2000,
      gpio_debounce_ms: 50,
      unknown: [],
      problems: [],
    })
  })

  it('has what is set, and says what nobody knows', () => {
    const prj_conf = [
      'CONFIG_SID_END_DEVICE_EVSE_PILOT_SCALE_NUM=37',
      'CONFIG_SID_END_DEVICE_EVSE_PILOT_BIAS_MV=-5',
      'CONFIG_SID_END_DEVICE_DEVICE_ID="garage"',
      'CONFIG_SID_END_DEVICE_EVSE_PILOT_BIAS=3',
      'CONFIG_ADC=y',
    ].join('\n')
    const build = firmwareBuild({ prj_conf })
    expect(build.evse).toMatchObject({ pilot_scale_num: 37, pilot_bias_mv: -5, device_id: 'garage' })
    expect(build.unknown).toEqual(['CONFIG_SID_END_DEVICE_EVSE_PILOT_BIAS'])
    expect(build.foreign).toEqual(['CONFIG_ADC'])
  })

  it('of a firmware with another Kconfig has its defaults and knows its options', () => {
    const build = firmwareBuild({ prj_conf: 'CONFIG_SID_END_DEVICE_NEW_PIN=0x2', kconfig: KCONFIG })
    expect(build.evse.pilot_tolerance_mv).toBe(800)
    expect(build.unknown).toEqual([])
  })

  it.each([
    [
      'EVSE_PILOT_SCALE_NUM=ten',
      'line 1: CONFIG_SID_END_DEVICE_EVSE_PILOT_SCALE_NUM: ten is not a whole number',
    ],
    ['DEVICE_ID=garage', 'line 1: CONFIG_SID_END_DEVICE_DEVICE_ID: garage is not in double quotes'],
    [
      'EVSE_PILOT_SCALE_DEN=0',
      'CONFIG_SID_END_DEVICE_EVSE_PILOT_SCALE_DEN: 0 divides by zero at the first poll',
    ],
  ])('%s is a problem', (line, problem) => {
    expect(firmwareBuild({ prj_conf: `CONFIG_SID_END_DEVICE_${line}` }).problems).toEqual([problem])
  })
})

describe('calibration', () => {
  const scale = { pilot_scale_num: 37, pilot_scale_den: 3, pilot_bias_mv: 20_000 }
  const measured = [-12, -6, 0, 3, 6, 9, 12].map((pilot_v) => {
    const adc_mv = Math.round(((pilot_v * 1000 + 20_000) * 3) / 37)
    return { pilot_v: pilotMillivolts(adc_mv, scale) / 1000, adc_mv }
  })

  it('finds a scale that reads every pair as it was measured', () => {
    const found = calibratePilot(measured, 1000)
    expect(found.worst_mv).toBeLessThanOrEqual(1)
    expect(found.mistaken).toEqual([])
    expect(found.pilot_scale_num / found.pilot_scale_den).toBeCloseTo(37 / 3, 2)
  })

  it('takes the smallest divisor that is as good as any', () => {
    const pairs = [0, 500, 1000, 2500].map((adc_mv) => ({ adc_mv, pilot_v: (adc_mv * 10 - 15_000) / 1000 }))
    expect(calibratePilot(pairs, 1000)).toMatchObject({
      pilot_scale_num: 10,
      pilot_scale_den: 1,
      pilot_bias_mv: 15_000,
    })
  })

  it('puts what no line can follow evenly on both sides', () => {
    const pairs = [0, 1000, 2000].map((adc_mv, n) => ({
      adc_mv,
      pilot_v: adc_mv / 1000 + (n === 1 ? 0.3 : 0),
    }))
    const { worst_mv, pilot_bias_mv } = calibratePilot(pairs, 1000)
    expect([worst_mv, pilot_bias_mv]).toEqual([150, -150])
  })

  it('names the pairs that would be taken for another state', () => {
    const bent = [...measured.slice(0, -1), { pilot_v: 12, adc_mv: measured[4]?.adc_mv ?? 0 }]
    expect(calibratePilot(bent, 100).mistaken.length).toBeGreaterThan(0)
  })

  it('refuses what no scale can follow from', () => {
    expect(() => calibratePilot([{ pilot_v: 9, adc_mv: 100 }], 1000)).toThrow('two different ADC voltages')
    const inverted = [
      { pilot_v: 12, adc_mv: 100 },
      { pilot_v: -12, adc_mv: 2000 },
    ]
    expect(() => calibratePilot(inverted, 1000)).toThrow('inverted')
  })
})
