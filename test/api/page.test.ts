/** The page in a real browser, on the app as it is served. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type HttpHome, startHttp } from '../../embedded/http.ts'
import { complaintsOf, hasBrowser, openBrowser } from './browser.ts'
import { chargeOnce, createHome, type Home, MINUTE, T0 } from './home.ts'

const EVIL = '<img src=x onerror=alert(1)>'

describe.skipIf(!hasBrowser)('the page', () => {
  let browser: Browser
  let home: Home
  let http: HttpHome
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await openBrowser()
    home = await createHome()
    await chargeOnce(home, EVIL, 0)
    await home.say('evse', EVIL, 61, { pilot_state: 'B', session_id: EVIL })
    await home.say('evse', 'bay-10', 62, { pilot_state: 'A' })
    await home.say('evse', 'bay-9', 63, { pilot_state: 'C', current_draw: 16.2, energy_delivered_kwh: 0 })
    await home.say('thermostat', 'hall', 64, { heating_call: true })
    home.clock.now = T0 + 65 * MINUTE
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
    await page.goto(`http://127.0.0.1:${http.port}/`)
    await page.getByText('Live', { exact: true }).waitFor()
  })

  const cards = (group: string) => page.locator(`[data-cards="${group}"] h3`)

  test('lists chargers and thermostats, in the order in which people count', async () => {
    expect(await cards('evse').allTextContents()).toEqual([EVIL, 'bay-9', 'bay-10'])
    expect(await cards('thermostat').allTextContents()).toEqual(['hall'])
    expect(complaints).toEqual([])
  })

  test('an id that looks like markup is text everywhere, and its link leads to it', async () => {
    expect(await page.locator('img:not([src="/page/icon.svg"])').count()).toBe(0)
    const link = page.locator('[data-cards="evse"]').getByRole('link', { name: EVIL })
    await link.click()
    expect(JSON.parse((await page.locator('body').textContent()) ?? '')).toMatchObject({ device_id: EVIL })
    expect(complaints).toEqual([])
  })

  test('says the state in words, with the figures of the session so far', async () => {
    const card = page.locator('.card', { hasText: 'bay-9' })
    expect(await card.locator('.state').textContent()).toMatch(/^Charging since /)
    expect(await card.locator('dd').allTextContents()).toEqual(['16.2 A', '2 min', '0.00 kWh'])
    expect(await page.locator('.card', { hasText: 'hall' }).locator('.state').textContent()).toMatch(
      /^Heating since/,
    )
    expect(await page.locator('[data-tally="evse"]').textContent()).toBe(
      '1 plugged in · 1 charging · 1 available',
    )
  })

  test('shows the latest sessions and cycles, and the counters', async () => {
    const rows = page.locator('[data-rows="sessions"] tr')
    expect(await rows.count()).toBe(3)
    expect(await rows.nth(2).locator('td').allTextContents()).toEqual(
      expect.arrayContaining(['1.84 kWh', 'unplugged']),
    )
    expect(await page.locator('[data-rows="cycles"] tr').count()).toBe(1)
    expect(await page.locator('#counters').textContent()).toContain('Quarantined0')
  })

  test('follows a device without being loaded again, and keeps the focus where it was', async () => {
    const card = page.locator('.card', { hasText: 'bay-10' })
    await card.getByRole('link').focus()
    await page.evaluate(
      "document.activeElement.addEventListener('blur', () => { document.title = 'blurred' })",
    )
    await home.say('evse', 'bay-10', 66, { pilot_state: 'C', current_draw: 8 })
    await card.getByText('Charging').waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).toBe('bay-10')
    expect(await page.title()).toBe('Pilotline')
  })

  test('nothing sticks out sideways on a phone', async () => {
    await page.setViewportSize({ width: 320, height: 700 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  })

  test('says when the server does not answer, and when it refuses messages', async () => {
    await page.route('**/v1/devices*', (route) => route.abort())
    await page.getByText(/^No answer from the server, as of /).waitFor()
    await page.unroute('**/v1/devices*')
    await page.getByText('Live', { exact: true }).waitFor()
    const refusing = { status: 'refusing', time: T0, devices: 4, quarantined: 0 }
    await page.route('**/health', (route) => route.fulfill({ status: 503, json: refusing }))
    await page.getByText(/^New messages are refused/).waitFor()
  })
})
