/** The page's loop: asks the API every two seconds, shows the answer, and says so when none comes. */
import { showDevices } from './cards.js'
import { element, keepInStep } from './elements.js'
import { count } from './format.js'
import { showCycles, showSessions } from './tables.js'

const INTERVAL_MS = 2_000
const TIMEOUT_MS = 10_000
const LATEST = 12

/** @type {number | null} */
let answeredAt = null

/** An answer of the API; a 503 of /health is one, and says what is wrong. */
async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok && path !== '/health') throw new Error(`${path} answered ${response.status}`)
  return response.json()
}

/** Every device, page by page. */
async function askDevices() {
  const devices = []
  let cursor = ''
  do {
    const page = await ask(`/v1/devices?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    devices.push(...page.items)
    cursor = page.next_cursor ?? ''
  } while (cursor)
  return devices
}

async function refresh() {
  const [devices, sessions, cycles, health] = await Promise.all([
    askDevices(),
    ask(`/v1/sessions?limit=${LATEST}`),
    ask(`/v1/cycles?limit=${LATEST}`),
    ask('/health'),
  ])
  const now = health.time
  showDevices(devices, now)
  showSessions(sessions.items, now)
  showCycles(cycles.items, now)
  showCounters(health)
  answeredAt = Date.now()
  if (health.status === 'ok') showConnection('live', 'Live')
  else showConnection('lost', 'New messages are refused: the log takes in nothing')
}

function showCounters({ counters = {}, lag, quarantined, devices }) {
  const figures = [
    ['Devices', count(devices)],
    ['Events', count(counters.events ?? 0)],
    ['Decided', count(counters.decided ?? 0)],
    ['Late', count(counters.late ?? 0)],
    ['Lag', lag ? `${lag.seconds.toFixed(1)} s` : '–'],
    ['Quarantined', count(quarantined)],
  ]
  keepInStep(document.getElementById('counters'), figures, {
    key: ([name]) => name,
    render: ([name, value]) =>
      element('div', {}, [element('dt', { text: name }), element('dd', { text: value })]),
  })
}

/** Written only when it changes: it is read out each time. */
function showConnection(state, text) {
  const shown = document.getElementById('connection')
  if (shown.textContent !== text) shown.textContent = text
  shown.dataset.connection = state
}

function showLost() {
  const since = answeredAt === null ? '' : `, as of ${new Date(answeredAt).toLocaleTimeString()}`
  showConnection('lost', `No answer from the server${since}`)
}

async function loop() {
  if (!document.hidden) await refresh().catch(showLost)
  setTimeout(loop, INTERVAL_MS)
}

loop()
