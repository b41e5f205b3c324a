/** The fleet's page in a real browser, on the app as it is served. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type HttpHome, startHttp } from '../../embedded/http.ts'
import { soon } from '../soon.ts'
import { complaintsOf, hasBrowser, openBrowser } from './browser.ts'
import { chargeOnce, createHome, type Home, MINUTE, T0 } from './home.ts'

const EVIL = '<img src=x onerror=alert(1)>'

describe.skipIf(!hasBrowser)('the page of the fleet', () => {
  let browser: Browser
  let home: Home
  let http: HttpHome
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await openBrowser()
    home = await createHome()
    await chargeOnce(home, EVIL, 0)
    await home.say('evse', EVIL, 70, { pilot_state: 'B' })
    await home.say('evse', 'bay-2', 71, { pilot_state: 'C', current_draw: 16 })
    await home.say('evse', 'bay-3', 72, { pilot_state: 'A' })
    await home.say('thermostat', 'hall', 73, { heating_call: true, cooling_call: false })
    home.clock.now = T0 + 80 * MINUTE
    http = await startHttp({ api: home.app, host: '127.0.0.1', port: 0, host_names: [] })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await http?.close()
  })

  beforeEach(async () => {
    for (const context of browser.contexts()) await context.close()
    page = await browser.newPage()
    complaints = complaintsOf(page)
    await open('/charts')
  })

  async function open(path: string): Promise<void> {
    await page.goto(`http://127.0.0.1:${http.port}${path}`)
    await page.getByText('Live', { exact: true }).waitFor()
  }
  const state = (path: string) => page.locator(`.drawing [data-state="${path}"]`)
  const pills = (kind: string) => page.locator(`.pill.${kind} text`).allTextContents()
  const listed = () => page.locator('#devices button').allTextContents()

  test('shows on the drawing how many are in each state, and says it to who does not see it', async () => {
    expect(await pills('devices')).toEqual(['1', '2', '1', '1'])
    expect(await state('session').getAttribute('aria-label')).toBe(
      'session: 2 devices, median 9 min, 95 % up to 10 min',
    )
    expect(await page.getByRole('button', { name: /^session.charging: 1 device/ }).count()).toBe(1)
    expect(await state('unavailable').getAttribute('aria-label')).toBe('unavailable: 0 devices')
    expect(await page.locator('#states tr', { hasText: 'session.charging' }).textContent()).toBe(
      'session.charging19 min9 min9 min',
    )
    expect(complaints).toEqual([])
  })

  test('shows beside each edge how often it was taken, and in a table', async () => {
    expect(await pills('count')).toEqual(expect.arrayContaining(['1 · 2', '1 · 1']))
    const rows = await page.locator('#edges tr').allTextContents()
    expect(rows[0]).toBe('unplugged / pilot.B12')
    expect(await page.locator('#edges-note').textContent()).toContain('others were not taken')
  })

  test('a click on a state lists its devices, and a click on a device shows its way in order', async () => {
    await state('session.connected').click()
    await page.getByRole('heading', { name: 'In session.connected: 1' }).waitFor()
    expect(await listed()).toEqual([EVIL])
    await page.locator('#devices button').click()
    await page.getByRole('heading', { name: `Path of ${EVIL}` }).waitFor()
    const steps = await page.locator('#path li').allTextContents()
    expect(steps.map((one) => one.replace(/^.*?M /, ''))).toEqual([
      'unplugged / pilot.B → session.connected',
      'session / pilot.C / 2 → session.charging',
      'session / pilot.B / 2 → session.connected',
      'session / pilot.A → unplugged',
      'unplugged / pilot.B → session.connected',
    ])
    expect((await pills('place')).sort()).toEqual(['1, 5', '2', '3', '4'])
    expect(await page.locator('.arrow.on-path').count()).toBe(4)
    expect(await page.locator('img:not([src="/page/icon.svg"])').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('all of it can be done by the keyboard, and said to who listens', async () => {
    await state('session').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'In session: 2' }).waitFor()
    await soon(async () => expect(await page.evaluate('document.activeElement.id')).toBe('devices-title'))
    expect(await state('session').getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('Tab')
    // A list that scrolls can be scrolled by the keyboard, so it may come first.
    if ((await page.evaluate('document.activeElement.tagName')) !== 'BUTTON') await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await soon(async () => expect(await page.evaluate('document.activeElement.id')).toBe('path-title'))
    expect(await page.locator('#path li').count()).toBeGreaterThan(0)
    await page.locator('.drawing').focus()
    const before = await page.locator('.drawing svg').getAttribute('viewBox')
    await page.keyboard.press('+')
    expect(await page.locator('.drawing svg').getAttribute('viewBox')).not.toBe(before)
    await page.keyboard.press('0')
    expect(await page.locator('.drawing svg').getAttribute('viewBox')).toBe(before)
  })

  test('follows the fleet without being loaded again, and keeps the focus where it was', async () => {
    await state('unplugged').focus()
    await home.say('evse', 'bay-4', 80, { pilot_state: 'A' })
    await page.getByRole('button', { name: /^unplugged: 2 devices/ }).waitFor()
    expect(await page.evaluate('document.activeElement.dataset.state')).toBe('unplugged')
  })

  test('what is chosen is in the address, and another chart is chosen above', async () => {
    await page.locator('#chart').selectOption('hvac-cycle')
    await page.getByRole('button', { name: /^calling.running: 1 device/ }).waitFor()
    await page.locator('#instance').selectOption('cooling')
    await page.getByRole('button', { name: /^calling.running: 0 devices/ }).waitFor()
    await state('idle').click()
    await page.getByRole('heading', { name: 'In idle: 1' }).waitFor()
    expect(new URL(page.url()).search).toBe('?chart=hvac-cycle&instance=cooling&state=idle')
    await page.reload()
    await page.getByRole('heading', { name: 'In idle: 1' }).waitFor()
    expect(await listed()).toEqual(['hall, cooling'])
    expect(await page.locator('#instance').inputValue()).toBe('cooling')
    await state('idle').click()
    await page.locator('#devices-part').waitFor({ state: 'hidden' })
  })

  test('an address that asks for what there is not, says so and shows the rest', async () => {
    await open('/charts?chart=evse-session&state=nowhere&device=nobody')
    expect(await page.locator('#flaw').textContent()).toMatch(/"nowhere" is none of|no device "nobody"/)
    expect(await pills('devices')).toHaveLength(4)
    await open('/charts?chart=nothing')
    expect(await page.locator('#flaw').textContent()).toBe('No chart nothing runs here')
    expect(await page.locator('#chart').inputValue()).toBe('evse-session')
  })

  test('nothing sticks out sideways on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 700 })
    for (const path of ['/charts', '/charts?chart=hvac-cycle&state=idle&device=hall&of=heating']) {
      await open(path)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    }
    await page.setViewportSize({ width: 320, height: 700 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  })

  test('words on the drawing can be told from what is behind them, light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const ratios = (await page.evaluate(CONTRASTS)) as number[]
      expect(ratios.length).toBeGreaterThan(3)
      for (const ratio of ratios) expect(ratio).toBeGreaterThan(4.5)
    }
  })
})

/** Contrast of the words of each pill with the pill. */
const CONTRASTS = `[...document.querySelectorAll('.pill')].filter((one) => one.querySelector('rect')).map((pill) => {
  const part = (value) => { const c = value / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 }
  const light = (element) => {
    const [r, g, b] = getComputedStyle(element).fill.match(/\\d+/g).map(Number).map(part)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [one, other] = ['text', 'rect'].map((name) => light(pill.querySelector(name))).sort((a, b) => b - a)
  return (one + 0.05) / (other + 0.05)
})`
