import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseReport } from '../../events/parse.ts'
import { runSimulate } from '../../tools/simulate-command.ts'
import { createImportWorld } from '../import/import-world.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotline-simulate-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function simulate(...argv: string[]) {
  let [out, err] = ['', '']
  const code = await runSimulate(argv, {
    out: {
      write: (text) => {
        out += text
      },
    },
    err: (text) => {
      err += text
    },
    tty: null,
  })
  return { code, out, err }
}

const fleet = ['--evse', '5', '--thermostats', '3', '--hours', '12', '--faults', 'normal']

describe('npm run simulate', () => {
  it('writes the same bytes for the same flags, and others for another seed', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string]
    await simulate('--seed', '7', ...fleet, '--out', a)
    await simulate('--seed', '7', ...fleet, '--out', b)
    await simulate('--seed', '8', ...fleet, '--out', c)
    expect(await readFile(b, 'utf8')).toBe(await readFile(a, 'utf8'))
    expect(await readFile(c, 'utf8')).not.toBe(await readFile(a, 'utf8'))
  })

  it('a line is a message that the parser reads, in order of arrival, with the truth beside it', async () => {
    const truth = join(folder, 'truth.json')
    const { out, code, err } = await simulate('--seed', '7', ...fleet, '--out', '-', '--truth', truth)
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    const messages = lines.map(
      (line) => JSON.parse(line) as { received_at: number; topic: string; payload: string },
    )
    for (const { topic, payload } of messages)
      expect(parseReport({ topic, payload: new TextEncoder().encode(payload) })).toHaveProperty('report')
    expect(messages.map((one) => one.received_at)).toEqual(
      messages.map((one) => one.received_at).toSorted((a, b) => a - b),
    )
    const { sessions, cycles } = JSON.parse(await readFile(truth, 'utf8'))
    expect(sessions.length).toBeGreaterThan(0)
    expect(cycles.length).toBeGreaterThan(0)
    expect(err).toBe(`${messages.length.toLocaleString('en-US')} messages of 8 devices\n`)
  })

  it('puts chargers and thermostats on circuits, tells their violations, and writes what a server has to know', async () => {
    const [truth, configs] = [join(folder, 'truth.json'), join(folder, 'configs.csv')]
    const houses = ['--evse', '20', '--thermostats', '10', '--hours', '48', '--faults', 'harsh']
    const flags = [...houses, '--shared-circuits', '1', '--truth', truth, '--configs', configs, '--out', '-']
    const { out } = await simulate(...flags)
    const { violations } = JSON.parse(await readFile(truth, 'utf8'))
    expect(violations.length).toBeGreaterThan(0)
    expect(violations[0]).toMatchObject({ circuit: 'main', thermostat_id: expect.any(String) })
    expect(out).not.toBe((await simulate(...houses, '--out', '-')).out)

    const { out: help } = await simulate('--help')
    const maps = [...help.matchAll(/--map (\w+=\S+)/g)].map(([, map = '']) => map)
    const world = createImportWorld()
    const report = await world.importConfig(await readFile(configs, 'utf8'), maps)
    expect(report).toMatchObject({ good: 30, bad: [] })
    await world.process()
    const { items } = await world.store.configHistory('sim-evse-01', 1)
    expect(items[0]?.config).toMatchObject({
      device_type: 'evse',
      location: 'site_1',
      interlock_circuit: 'main',
    })
  })

  it('plays a scenario', async () => {
    const { out } = await simulate(
      '--scenario',
      'plug; charge 10m; pull',
      '--firmware',
      'correct',
      '--out',
      '-',
    )
    expect(out.trimEnd().split('\n')).toHaveLength(4)
  })

  it('takes the wiring from a prj.conf, and says what is wrong in it', async () => {
    const conf = join(folder, 'prj.conf')
    await writeFile(
      conf,
      'CONFIG_SID_END_DEVICE_EVSE_NOMINAL_VOLTAGE_V=120\nCONFIG_SID_END_DEVICE_EVSE_VOLTS=1\n',
    )
    const script = ['--scenario', 'plug; charge 60m at 10A; pull', '--firmware', 'correct', '--out', '-']
    const { out, err } = await simulate(...script, '--prj-conf', conf)
    expect(
      JSON.parse(JSON.parse(out.trimEnd().split('\n').at(-1) ?? '').payload).energy_delivered_kwh,
    ).toBeCloseTo(1.2, 3)
    expect(err).toContain('CONFIG_SID_END_DEVICE_EVSE_VOLTS is no option of this firmware')
    await writeFile(conf, 'CONFIG_SID_END_DEVICE_EVSE_NOMINAL_VOLTAGE_V=high\n')
    expect(await simulate(...script, '--prj-conf', conf)).toMatchObject({ code: 2, out: '' })
  })

  it('tells a file that is not there from one that is wrong', async () => {
    const none = join(folder, 'none.conf')
    const { code, err } = await simulate('--scenario', 'plug; pull', '--out', '-', '--prj-conf', none)
    expect([code, err]).toEqual([
      2,
      `simulate: --prj-conf: ${none} cannot be read: there is none of that name\n`,
    ])
  })

  it('counts one as one', async () => {
    const { err } = await simulate('--scenario', 'plug; pull', '--out', '-')
    expect(err).toMatch(/^\d messages of 1 device\n$/)
  })

  it('names payloads that do not fit a link', async () => {
    const { err } = await simulate(
      '--evse',
      '1',
      '--firmware',
      'reference',
      '--hours',
      '24',
      '--link',
      'css',
      '--out',
      join(folder, 'o'),
    )
    expect(err).toMatch(/\d+ messages do not fit css; \d+ not even the firmware's own buffer/)
  })

  it('says everything with --help', async () => {
    const { code, out } = await simulate('--help')
    expect(code).toBe(0)
    for (const flag of [
      '--seed',
      '--evse',
      '--thermostats',
      '--hours',
      '--faults',
      '--out',
      '--truth',
      '--mqtt',
      '--speed',
    ])
      expect(out).toContain(flag)
  })

  it.each([
    [[], 'give --out, --mqtt or both'],
    [['--out', 'x', '--faults', 'awful'], 'Allowed choices are'],
    [['--out', 'x', '--speed', '60'], '--speed is for --mqtt'],
    [['--out', '-', '--scenario', 'jump'], '"jump" is no step of a scenario'],
    [['--mqtt', 'nowhere'], 'is no mqtt address'],
    [['--out', 'x', '--evse', '-1'], 'It is a whole number'],
    [['--out', 'x', '--shared-circuits', '1.5'], 'It is a number above 0 and up to 1'],
    [['--out', 'x', '--scenario', 'plug', '--shared-circuits', '1'], 'are for fleets'],
    [['--out', 'x', '--scenario', 'plug', '--configs', 'y'], 'are for fleets'],
  ])('%j is one clear line and exit code 2', async (argv, reason) => {
    const { code, err } = await simulate(...argv)
    expect(code).toBe(2)
    expect(err).toContain(reason)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  it('a file that cannot be written is one clear line and exit code 2', async () => {
    const { code, err } = await simulate('--evse', '1', '--out', join(folder, 'missing', 'events.ndjson'))
    expect(code).toBe(2)
    expect(err).toMatch(/^simulate: ENOENT.*\n$/)
  })
})
