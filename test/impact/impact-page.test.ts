/** The page of an impact in a real browser, opened from its file with no network. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { telemetryTopic } from '../../events/topics.ts'
import { type ImpactRepo, impactRepo, linesOf } from './impact-repo.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
const T0 = Date.UTC(2026, 9, 10, 8)
const SAID: [number, string, number][] = [
  [-1, 'A', 0],
  [0, 'C', 0],
  [60, 'F', 6],
  [70, 'C', 6],
  [100, 'A', 9],
]

describe.skipIf(!existsSync(CHROMIUM))('the page of an impact', () => {
  let repo: ImpactRepo
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    repo = await impactRepo()
    const history = SAID.map(([minutes, pilot_state, energy_delivered_kwh]) => ({
      at: T0 + minutes * 60_000,
      topic: telemetryTopic('evse', 'c-1'),
      ...{ device_id: 'c-1', device_type: 'evse', event_type: 'state_change' },
      ...{ pilot_state, energy_delivered_kwh },
    }))
    repo.write('history.ndjson', linesOf(history))
    repo.edit('statecharts/evse-session.ts', '({ context }) => context.fault_close_ms,', '300_000,')
    repo.edit('statecharts/hvac-cycle.ts', 'hvac-cycle', 'hvac-run')
    const { code } = await repo.impact('--base', 'main', '--file', 'history.ndjson')
    expect(code).toBe(1)
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
    const context = await browser.newContext({ offline: true, viewport: { width: 1200, height: 800 } })
    page = await context.newPage()
    page.on('pageerror', (error) => void complaints.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(pathToFileURL(join(repo.folder, 'impact.html')).href)
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    repo?.remove()
  })

  const evse = () => page.locator('[data-chart="evse-session"]')
  const states = () =>
    evse()
      .locator('.here')
      .evaluateAll((all) => all.map((one) => one.dataset.state ?? ''))
  const row = (name: string) => evse().getByRole('row', { name }).getByRole('cell').allTextContents()

  test('shows what differs in numbers and in colour, and charts that came and went', async () => {
    expect(await page.locator('#verdict').textContent()).toContain('1 would split')
    expect(await evse().locator('.chart .changed').count()).toBeGreaterThan(1)
    expect(await page.locator('[data-chart="hvac-run"] .none').count()).toBe(1)
    expect(await page.locator('[data-chart="hvac-run"] .chart .added').count()).toBeGreaterThan(3)
    expect(await page.locator('[data-chart="hvac-cycle"] .chart .removed').count()).toBeGreaterThan(3)
    expect(await page.getByRole('region', { name: 'By device' }).textContent()).toContain('c-1')
  })

  test('steps both charts event by event, and leads to where they part', async () => {
    expect(await states()).toEqual(['unplugged', 'unplugged'])
    await evse().getByRole('button', { name: 'Next event' }).click()
    expect(await states()).toEqual(['session.charging', 'session.charging'])
    await evse().getByRole('button', { name: 'To the next difference' }).click()
    expect(await row('Heard, and edges taken')).toEqual([
      'pilot.C: session / pilot.C / 2',
      expect.stringMatching(
        /^timer fault_stays.*: session.faulted \/ after fault_stays\npilot.C: unavailable/,
      ),
    ])
    const [was, is] = await row('Decided')
    expect(was).toBe('nothing')
    expect(is).toMatch(/session_end at 2026-10-10T09:05:00Z \(fault, 6 kWh\)\nsession_start/)
    await evse().getByRole('button', { name: 'Back' }).click()
    expect(await states()).toEqual(['session.faulted', 'session.faulted'])
  })

  test('fits its window, and complains of nothing', async () => {
    const wide = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect(await wide()).toBeLessThanOrEqual(0)
    await page.setViewportSize({ width: 420, height: 800 })
    expect(await wide()).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
  })
})
