/** Imported models as `npm run charts` draws and checks them: the published ones, and one that is broken. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { runCharts } from '../../tools/charts-command.ts'
import { chartsIn } from '../../tools/imported-charts.ts'
import { readChart } from '../../visualizer/read-machine.ts'
import { realData } from '../real-data.ts'
import { overlapsIn } from '../visualizer/overlaps.ts'
import { event, importFolder, put, runImport } from './imported.ts'

const CHROMIUM = '/usr/bin/chromium'
const MODELS = ['simple-example', 'dhb', 'bsa', 'edwsaa', 'hvac']
const files = MODELS.map((name) => realData(`iot-events/${name}.json`))
const hasAll = files.every((file) => file !== null)

async function charts(...args: string[]) {
  const [out, err]: string[][] = [[], []]
  const code = await runCharts(args, {
    out: (text) => void out?.push(text),
    err: (text) => void err?.push(text),
  })
  return { code, out: out?.join('') ?? '', err: err?.join('') ?? '' }
}

const folder = () => join(importFolder(), 'out')

describe('the published models', () => {
  it.skipIf(!hasAll)(
    'are drawn in every notation, with nothing over anything else, and checked',
    async () => {
      for (const file of files) expect((await runImport(file as string, '--out', folder())).code).toBe(0)
      const imported = await chartsIn(folder())
      expect(imported).toHaveLength(MODELS.length)
      for (const { chart } of imported) {
        const { things, over, crossed } = await overlapsIn(chart)
        expect(things, chart.id).toBeGreaterThan(5)
        expect([over, crossed], chart.id).toEqual([[], []])
      }
      const drawn = join(importFolder(), 'drawn')
      expect(await charts('--also', folder(), '--out', drawn)).toMatchObject({ code: 0, err: '' })
      const names = readdirSync(drawn)
      for (const { chart } of imported) {
        for (const end of ['html', 'svg', 'mmd', 'scxml', 'stately.json'])
          expect(names).toContain(`${chart.id}.${end}`)
        const page = readFileSync(join(drawn, `${chart.id}.html`), 'utf8')
        expect(page.length).toBeLessThan(500_000)
        const { states } = readChart(chart)
        for (const { path } of states) if (path !== '') expect(page).toContain(`data-state="${path}"`)
      }
      const checked = await charts('--also', folder(), '--check')
      // Its alarm rings on by timers alone until somebody answers.
      expect(checked.out).toMatch(/timer-cycle at bsa Alarming/)
      expect(checked.out.match(/ at (?!bsa )/g)).toBeNull()
      expect(checked.code).toBe(1)
    },
    120_000,
  )

  it.skipIf(!files[0] || !existsSync(CHROMIUM))(
    'are stepped on their pages',
    async () => {
      await runImport(files[0] as string, '--out', folder())
      const drawn = join(importFolder(), 'drawn')
      await charts('--also', folder(), '--out', drawn)
      const browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--disable-gpu'],
      })
      try {
        const page = await browser.newPage({ viewport: { width: 1200, height: 800 } })
        const complaints: string[] = []
        page.on('pageerror', (error) => void complaints.push(String(error)))
        await page.goto(pathToFileURL(join(drawn, 'motor-detector-model.html')).href)
        await page
          .locator('#facts')
          .fill('{ "message": { "motorid": "m", "sensorData": { "pressure": 80 } } }')
        await page.getByRole('button', { name: 'PressureInput', exact: true }).click()
        expect(await page.locator('#status').textContent()).toContain('State: Dangerous')
        expect(await page.locator('#status').textContent()).toContain('decided sns')
        expect(complaints).toEqual([])
      } finally {
        await browser.close()
      }
    },
    120_000,
  )
})

describe('a model of one’s own', () => {
  const model = (timer: boolean) => ({
    detectorModelName: 'own',
    detectorModelDefinition: {
      initialStateName: 'a',
      states: [
        {
          stateName: 'a',
          onEnter: {
            events: [event('begin', null, timer ? [{ setTimer: { timerName: 't', seconds: 60 } }] : [])],
          },
          onInput: {
            transitionEvents: [
              event('again', timer ? 'timeout("t") || $input.In.x > 5' : '$input.In.x > 5', [], 'a'),
            ],
          },
        },
      ],
    },
  })

  it('acknowledges what is so because it is imported, and nothing that is so by itself', async () => {
    const said = await runImport(put('own.json', JSON.stringify(model(false))), '--out', folder())
    expect(said.out).not.toContain('note')
    expect(await charts('--also', folder(), '--check')).toMatchObject({ code: 0 })
    const round = await runImport(put('own.json', JSON.stringify(model(true))), '--out', folder(), '--force')
    expect(round.out).toContain('note: a: its timers start again without a message')
    expect(readFileSync(join(folder(), 'own.ts'), 'utf8')).not.toContain('timer-cycle')
  })

  it('that does not compile any more, and a folder that is none, are told in one line', async () => {
    await runImport(put('own.json', JSON.stringify(model(false))), '--out', folder())
    put('out/own.ts', 'export const a = {{')
    const { code, err } = await charts('--also', folder(), '--check')
    expect(code).toBe(2)
    expect(err).toMatch(/^charts: .*own\.ts does not compile: [^\n]+\n$/)
    expect(await charts('--also', 'no-such-folder')).toMatchObject({
      code: 2,
      err: 'charts: there is no folder no-such-folder\n',
    })
  })
})
