/** The page's loop: devices, the latest sessions and cycles, the counters. */
import { showDevices } from './cards.js'
import { element, keepInStep } from './elements.js'
import { count } from './format.js'
import { ask, live } from './live.js'
import { showCycles, showSessions } from './tables.js'

const LATEST = 12

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
  return health
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

live(refresh)
