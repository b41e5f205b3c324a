/** A chart's page in a real browser, opened from its file with no network. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
const T0 = Date.UTC(2026, 10, 2, 12)
const MINUTE = 60_000

describe.skipIf(!existsSync(CHROMIUM))("a chart's page", () => {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let complaints: string[]
  const folder = mkdtempSync(join(tmpdir(), 'chart-page-'))

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  beforeEach(async () => {
    await context?.close()
    context = await browser.newContext({ offline: true, viewport: { width: 1200, height: 800 } })
    page = await context.newPage()
    complaints = []
    page.on('pageerror', (error) => void complaints.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  })

  const open = (id: string, hash = '') =>
    page.goto(pathToFileURL(resolve(`docs/charts/${id}.html`)).href + hash)
  const hear = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const status = () => page.getByRole('status').first().textContent()
  const now = () =>
    page.locator('.chart .now').evaluateAll((all) => all.map((one) => one.dataset.state ?? ''))
  const taken = () =>
    page.locator('.chart .row.taken').evaluateAll((all) => all.map((one) => one.dataset.edges ?? ''))
  const decided = () => page.locator('#decided summary').allTextContents()

  test('steps from rest to a charging session and back, and says what is decided', async () => {
    await open('evse-session')
    expect(await now()).toEqual(['unplugged'])
    await hear('pilot.B')
    expect(await now()).toEqual(['session', 'session.connected'])
    expect((await taken()).join()).toContain('unplugged / pilot.B')
    expect(await status()).toBe(
      'State: session.connected. pilot.B: unplugged / pilot.B. decided session_start',
    )
    await page.getByLabel('Pass').fill('2')
    await page.getByRole('button', { name: 'Let time pass' }).click()
    await hear('pilot.C')
    expect(await now()).toEqual(['session', 'session.charging'])
    await hear('pilot.A')
    expect(await now()).toEqual(['unplugged'])
    expect((await decided()).map((line) => line.split(' ')[1])).toEqual(['session_end', 'session_start'])
    expect(await page.locator('#decided pre').first().textContent()).toContain('"duration_s": 120')
    expect(complaints).toEqual([])
  })

  test('an event that nothing hears here changes nothing, and is marked as such', async () => {
    await open('hvac-cycle')
    await hear('call.on')
    await hear('call.off')
    expect(await now()).toEqual(['idle'])
    await open('ev-interlock')
    const left = page.getByRole('button', { name: 'member.left', exact: true })
    expect(await left.getAttribute('class')).toContain('heard')
    await page.getByLabel('Facts of the next event').fill('{')
    await hear('member.charger')
    expect(await page.getByRole('alert').textContent()).toBe('The facts are not a JSON object')
    expect(await now()).toEqual(['idle'])
    expect(complaints).toEqual([])
  })

  test('each kind of event keeps its own facts, as they were edited', async () => {
    await open('ev-interlock')
    const facts = page.getByLabel('Facts of the next event')
    await page.getByLabel('Facts of', { exact: true }).selectOption('member.thermostat')
    await facts.fill(((await facts.inputValue()) ?? '').replace('"heating": true', '"heating": false'))
    await hear('member.charger')
    expect(await facts.inputValue()).toContain('"draws": true')
    await hear('member.thermostat')
    expect(await facts.inputValue()).toContain('"heating": false')
    expect(await now()).toEqual(['draw'])
    await facts.fill((await facts.inputValue()).replace('"heating": false', '"heating": true'))
    await hear('member.thermostat')
    expect(await now()).toEqual(['overlap', 'overlap.on'])
    expect(complaints).toEqual([])
  })

  test('undoes and does again, and the slider leads to any place', async () => {
    await open('evse-session')
    for (const name of ['pilot.B', 'pilot.C', 'pilot.A']) await hear(name)
    await page.getByRole('button', { name: 'Undo' }).click()
    expect(await now()).toEqual(['session', 'session.charging'])
    expect(await decided()).toHaveLength(1)
    await page.getByRole('button', { name: 'Redo' }).click()
    expect(await now()).toEqual(['unplugged'])
    await page.getByLabel('Place in the history').focus()
    await page.keyboard.press('Home')
    expect(await decided()).toEqual([])
    await page.keyboard.press('ArrowRight')
    expect(await now()).toEqual(['session', 'session.connected'])
    expect(complaints).toEqual([])
  })

  test('lets time pass, and what is due fires at its own time', async () => {
    await open('evse-session')
    await hear('pilot.C')
    expect(await page.locator('#timers td').allTextContents()).toEqual([
      expect.stringContaining('silence'),
      '2026-01-01T12:10:00.000Z',
      '10 min',
    ])
    await page.getByLabel('Unit').selectOption('hours')
    await page.getByRole('button', { name: 'Let time pass' }).click()
    expect(await now()).toEqual(['silent'])
    expect((await decided())[0]).toBe('2026-01-01T12:10:00.000Z session_end')
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('button', { name: 'To the next timer' }).click()
    expect(await now()).toEqual(['silent'])
    expect(await page.locator('#now').textContent()).toBe('2026-01-01T12:10:00.000Z')
    expect(complaints).toEqual([])
  })

  test('a click on an edge of the drawing takes it, and a drag does not', async () => {
    await open('evse-session')
    const edge = page.locator('.chart .row[data-edges^="unplugged / pilot.B"]').first()
    const frame = await edge.boundingBox()
    if (!frame) throw new Error('the edge is not drawn')
    await page.mouse.move(frame.x + 5, frame.y + 5)
    await page.mouse.down()
    await page.mouse.move(frame.x + 60, frame.y + 40, { steps: 4 })
    await page.mouse.up()
    expect(await now()).toEqual(['unplugged'])
    await page.getByRole('button', { name: 'Show all' }).click()
    await edge.click()
    expect(await now()).toEqual(['session', 'session.connected'])
    expect(complaints).toEqual([])
  })

  test('zooms and moves by buttons, wheel and keys', async () => {
    await open('evse-session')
    const view = async () =>
      ((await page.locator('.chart').getAttribute('viewBox')) ?? '').split(' ').map(Number)
    const [, , all = 0] = await view()
    await page.getByRole('button', { name: 'Zoom in' }).click()
    expect((await view())[2]).toBeCloseTo(all / 1.25)
    await page.locator('#drawing').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('+')
    expect((await view())[2]).toBeCloseTo(all / 1.25 ** 2)
    await page.keyboard.press('0')
    expect(await view()).toEqual([0, 0, all, expect.any(Number)])
    await page.locator('#drawing').hover()
    await page.mouse.wheel(0, -100)
    await expect.poll(async () => (await view())[2], { timeout: 20_000 }).toBeLessThan(all)
  })

  test("loads a device's recorded events, and scrubs through them", async () => {
    const file = join(folder, 'bay-1.ndjson')
    writeFileSync(file, recorded.map((one) => JSON.stringify(one)).join('\n'))
    await open('evse-session')
    await page.getByLabel('Recorded events').setInputFiles(file)
    await page.getByText('bay-1: 3 events loaded').waitFor()
    expect(await page.locator('#place-text').textContent()).toBe('0 of 3')
    await page.getByLabel('Place in the history').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await now()).toEqual(['session', 'session.charging'])
    expect(await page.locator('#now').textContent()).toBe('2026-11-02T12:01:00.000Z')
    await page.keyboard.press('End')
    expect(await now()).toEqual(['unplugged'])
    expect((await decided()).map((line) => line.split(' ')[1])).toEqual(['session_end', 'session_start'])

    writeFileSync(file, '{"event_time":"noon"}\n')
    await page.getByLabel('Recorded events').setInputFiles(file)
    await page.getByText('event_time: noon is not a whole number').waitFor()
    expect(complaints).toEqual([])
  })

  test('of two instances of a chart, the one that is chosen hears what is recorded', async () => {
    const said = [{ heating_call: true }, { heating_call: false, cooling_call: true }]
    const items = said.map((body, n) => ({ ...recorded[n], device_type: 'thermostat', body }))
    const file = join(folder, 'hall.json')
    writeFileSync(file, JSON.stringify({ items, next_cursor: null }))
    await open('hvac-cycle')
    for (const [instance, states] of [
      ['cooling', ['idle', 'calling.running']],
      ['heating', ['calling.running', 'idle']],
    ] as const) {
      await page.getByLabel('Runs as').selectOption(instance)
      await page.getByLabel('Recorded events').setInputFiles(file)
      await page.getByText('2 events loaded').waitFor()
      await page.getByLabel('Place in the history').focus()
      for (const state of states) {
        await page.keyboard.press('ArrowRight')
        expect((await now()).at(-1)).toBe(state)
      }
    }
    expect(complaints).toEqual([])
  })

  test('a link leads to the same position, and one of another chart says so', async () => {
    await open('evse-session')
    await hear('pilot.B')
    await hear('pilot.C')
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.waitForURL(/#./)
    const { hash } = new URL(page.url())
    const other = await context.newPage()
    page = other
    await open('evse-session', hash)
    expect(await now()).toEqual(['session', 'session.charging'])
    expect(await page.locator('#place-text').textContent()).toBe('2 of 2')
    await page.getByRole('button', { name: 'Undo' }).click()
    expect(await now()).toEqual(['session', 'session.connected'])
    await open('hvac-cycle', hash)
    expect(await page.getByRole('alert').textContent()).toBe(
      'the link is of evse-session, and this is hvac-cycle',
    )
    expect(await now()).toEqual(['idle'])
  })

  test('on paper the words are dark, whatever the screen is', async () => {
    await open('evse-session')
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const colors =
      "[document.body, document.querySelector('#status')].map((one) => getComputedStyle(one).color)"
    expect(await page.evaluate(colors)).toEqual(['rgb(0, 0, 0)', 'rgb(0, 0, 0)'])
    expect(await page.locator('.panel').isVisible()).toBe(false)
  })

  test('time that no date has is not passed, and said', async () => {
    await open('evse-session')
    await page.locator('#amount').fill('1e300')
    await page.getByRole('button', { name: 'Let time pass' }).click()
    expect(await page.getByRole('alert').textContent()).toBe('Time does not reach as far as that')
    expect(await page.locator('#place-text').textContent()).toBe('0 of 0')
  })

  test('the whole way can be gone with keys alone', async () => {
    await open('hvac-cycle')
    await page.locator('#drawing').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('call.on')
    await page.keyboard.press('Enter')
    expect(await status()).toContain('State: calling.running')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await status()).toContain('State: idle')
    expect(await page.locator('button:not([aria-label])').allTextContents()).not.toContain('')
  })
})

const recorded = ['B', 'C', 'A'].map((pilot_state, n) => ({
  key: `k${n}`,
  event_time: T0 + n * MINUTE,
  device_id: 'bay-1',
  device_type: 'evse',
  origin: 'device',
  event_type: 'state_change',
  identity: `identity ${n}`,
  body: { pilot_state, energy_delivered_kwh: n },
}))
