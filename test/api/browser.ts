/** A real browser, where there is one. */
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const hasBrowser = existsSync(CHROMIUM)

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** What the page says that it should not, as it comes: dialogs, errors, what its policy forbids. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('dialog', (dialog) => void complaints.push(`dialog: ${dialog.message()}`))
  page.on('pageerror', (error) => void complaints.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  return complaints
}
