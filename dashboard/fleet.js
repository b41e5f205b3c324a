/** The fleet on the chart: what is chosen, what is asked, and who shows it. What is chosen is in the address. */
import { drawChart, showFleet, showPath } from './fleet-drawing.js'
import { showDevices, showEdges, showStates, showSteps, showStuck } from './fleet-tables.js'
import { ask, live, Refused } from './live.js'
import { letZoom } from './zoom.js'

const PAGE = 50
/** A path is folded from rows each time that it is asked for. */
const PATH_EVERY_MS = 10_000

const byId = (id) => document.getElementById(id)

/** @type {{ chart: string, instance: string, state: string, device: string, of: string }} `of` is the device's instance */
const chosen = { chart: '', instance: '', state: '', device: '', of: '' }
/** @type {{ id: string, title: string, instances: string[] }[]} */
let charts = []
let drawn = ''
let zooming = new AbortController()
/** The path that was asked for last. */
let asked = { url: '', at: 0, path: null }
/** Devices that are listed: more, page by page. */
let listed = PAGE
/** A choice that is made while an answer is awaited is the one that counts. */
let turn = 0

function query(of) {
  const told = Object.entries(of).filter(([, value]) => value !== '' && value !== undefined)
  return new URLSearchParams(told).toString()
}

async function refresh() {
  const mine = ++turn
  if (charts.length === 0) await begin()
  const { chart, instance } = chosen
  const path = `/v1/charts/${encodeURIComponent(chart)}`
  if (drawn !== chart) await draw(path, chart)
  const answers = await Promise.all([
    ask(`${path}/fleet?${query({ instance })}`),
    chosen.state ? askDevices(path) : null,
    chosen.device
      ? askPath(`${path}/path?${query({ device_id: chosen.device, instance: chosen.of })}`)
      : null,
  ]).catch(forget)
  if (mine !== turn) return {}
  if (answers === null) return refresh()
  showAll(...answers)
  return {}
}

/** What the address asks for that there is not, is said, and not asked for again. */
function forget(error) {
  const { instance, state, device } = chosen
  if (!(error instanceof Refused) || error.status >= 500 || !(instance || state || device)) throw error
  byId('flaw').textContent = error.message
  choose({ instance: '', state: '', device: '', of: '' })
  return null
}

async function askPath(url) {
  if (asked.url !== url || Date.now() - asked.at > PATH_EVERY_MS)
    asked = { url, at: Date.now(), path: ask(url) }
  return asked.path
}

async function askDevices(path) {
  const { instance, state } = chosen
  const items = []
  let next_cursor = ''
  do {
    const page = await ask(`${path}/devices?${query({ state, instance, limit: PAGE, cursor: next_cursor })}`)
    items.push(...page.items)
    next_cursor = page.next_cursor ?? ''
  } while (next_cursor && items.length < listed)
  return { items, more: next_cursor !== '' }
}

function showAll(fleet, devices, steps) {
  const now = fleet.time
  const pick = { state: pickState, device: pickDevice }
  showFleet(fleet, chosen.state)
  showPath(steps)
  showStates(fleet, chosen.state, pick)
  showEdges(fleet, now)
  showStuck(fleet.stuck, pick)
  showDevices(devices, chosen, pick)
  showSteps(steps, now)
}

async function begin() {
  const { items } = await ask('/v1/charts')
  charts = items
  byId('chart').replaceChildren(...items.map(({ id, title }) => new Option(title, id)))
  readAddress()
}

async function draw(path, chart) {
  const { svg, instances } = await ask(path)
  const box = byId('drawing')
  drawChart(box, svg, pickState)
  zooming.abort()
  zooming = new AbortController()
  const buttons = { zoomIn: byId('zoom-in'), zoomOut: byId('zoom-out'), zoomAll: byId('zoom-all') }
  if (svg !== null) letZoom([box], buttons, { onState: pickState, signal: zooming.signal })
  byId('instance').replaceChildren(new Option('all', ''), ...instances.map((name) => new Option(name, name)))
  byId('instance').value = chosen.instance
  byId('instance-choice').hidden = instances.length < 2
  drawn = chart
}

function choose(of) {
  Object.assign(chosen, of)
  listed = PAGE
  history.replaceState(null, '', `?${query(chosen)}`)
}

function pickState(state) {
  choose({ state: chosen.state === state ? '' : state })
  again('devices-title')
}

function pickDevice({ device_id, instance }) {
  const isSame = chosen.device === device_id && chosen.of === instance
  choose(isSame ? { device: '', of: '' } : { device: device_id, of: instance })
  again('path-title', true)
  // Its way is on the drawing.
  if (chosen.device) byId('drawing').scrollIntoView({ block: 'nearest' })
}

/** At once, and then to what was asked for: it is read out, and the keyboard goes on from there. */
function again(heading, preventScroll = false) {
  byId('flaw').textContent = ''
  refresh()
    .then(() => byId(heading).closest('section').hidden || byId(heading).focus({ preventScroll }))
    .catch(() => {})
}

function readAddress() {
  const told = new URLSearchParams(location.search)
  for (const name of Object.keys(chosen)) chosen[name] = told.get(name) ?? ''
  if (!charts.some(({ id }) => id === chosen.chart)) {
    if (chosen.chart) byId('flaw').textContent = `No chart ${chosen.chart} runs here`
    Object.assign(chosen, { chart: charts[0]?.id ?? '', instance: '', state: '', device: '', of: '' })
  }
  byId('chart').value = chosen.chart
}

byId('chart').addEventListener('change', ({ target }) => {
  choose({ chart: target.value, instance: '', state: '', device: '', of: '' })
  again('states-title')
})
byId('instance').addEventListener('change', ({ target }) => {
  choose({ instance: target.value })
  refresh().catch(() => {})
})
byId('more').addEventListener('click', () => {
  listed += PAGE
  refresh().catch(() => {})
})
byId('chart').form.addEventListener('submit', (event) => event.preventDefault())

live(refresh)
