/** The chart's own drawing with the fleet on it: how many are in each state, how often each edge was taken, one device's way. */
import { count, duration } from './format.js'

const SVG = 'http://www.w3.org/2000/svg'
const CHARACTER_PX = 7.2

/** The drawing's own looks. The page's policy takes no style that stands in a document, and this is none. */
const looks = new CSSStyleSheet()

/**
 * Puts the drawing into the box; what the API sends is XML of our own making, and is read as such.
 * @param {Element} box @param {string | null} text @param {(state: string) => void} onState
 */
export function drawChart(box, text, onState) {
  if (text === null) {
    box.textContent = 'This version of the chart has not been drawn: npm run charts'
    return
  }
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(text) ?? []
  looks.replaceSync(style)
  if (!document.adoptedStyleSheets.includes(looks)) document.adoptedStyleSheets.push(looks)
  const xml = new DOMParser().parseFromString(text.replace(/<style>.*?<\/style>/s, ''), 'image/svg+xml')
  const svg = document.importNode(xml.documentElement, true)
  svg.setAttribute('role', 'group')
  for (const size of ['width', 'height']) svg.removeAttribute(size)
  for (const state of svg.querySelectorAll('[data-state]')) {
    state.setAttribute('role', 'button')
    state.setAttribute('tabindex', '0')
    state.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return
      event.preventDefault()
      onState(state.dataset.state)
    })
  }
  box.replaceChildren(svg)
}

/** @param {object} fleet as the API tells it @param {string} chosen path of a state, '' for none */
export function showFleet({ states, edges, stuck }, chosen) {
  const svg = document.querySelector('.drawing svg')
  if (!svg) return
  const marks = []
  const stuckIn = Map.groupBy(stuck.longest, ({ state }) => state)
  for (const one of states) {
    const drawn = svg.querySelector(`[data-state="${CSS.escape(one.state)}"]`)
    if (!drawn) continue
    const here = stuckIn.get(one.state)?.length ?? 0
    drawn.classList.toggle('now', one.devices > 0)
    drawn.classList.toggle('chosen', one.state === chosen)
    drawn.setAttribute('aria-pressed', String(one.state === chosen))
    label(drawn, stateText(one, here))
    if (one.devices > 0) marks.push(stateMark(drawn, one.devices, here))
  }
  const taken = new Map(edges.map((edge) => [edge.edge, edge]))
  for (const drawn of svg.querySelectorAll('.row[data-edges], .arrow[data-edges]')) {
    const mine = drawn.dataset.edges.split('\t').flatMap((id) => taken.get(id) ?? [])
    const sum = (window) => mine.reduce((all, edge) => all + edge[window], 0)
    drawn.classList.toggle('taken', sum('hour') > 0)
    if (drawn.matches('.row') && sum('day') > 0)
      marks.push(edgeMark(drawn, `${count(sum('hour'))} · ${count(sum('day'))}`, 'count'))
  }
  layer(svg, 'counts').replaceChildren(...marks)
}

/** The way of one device: its edges with their places in it. @param {object | null} path */
export function showPath(path) {
  const svg = document.querySelector('.drawing svg')
  if (!svg) return
  const places = new Map()
  for (const [n, { edge }] of (path?.items ?? []).entries())
    places.set(edge, [...(places.get(edge) ?? []), n + 1])
  const marks = []
  for (const drawn of svg.querySelectorAll('.row[data-edges], .arrow[data-edges]')) {
    const mine = drawn.dataset.edges.split('\t').flatMap((id) => places.get(id) ?? [])
    drawn.classList.toggle('on-path', mine.length > 0)
    if (drawn.matches('.row') && mine.length > 0) marks.push(pathMark(drawn, mine))
  }
  for (const drawn of svg.querySelectorAll('[data-state]'))
    drawn.classList.toggle('is-here', path !== null && statesOf(path.state).includes(drawn.dataset.state))
  svg.classList.toggle('has-path', path !== null)
  layer(svg, 'path-marks').replaceChildren(...marks)
}

/** `session`, `session.charging` of `session.charging`. */
function statesOf(state) {
  return state.split('|').flatMap((one) => one.split('.').map((_, n, keys) => keys.slice(0, n + 1).join('.')))
}

function stateText({ state, devices, median_s, p95_s }, stuck) {
  const parts = [`${state}: ${devices === 1 ? '1 device' : `${count(devices)} devices`}`]
  if (median_s !== null) parts.push(`median ${duration(median_s)}, 95 % up to ${duration(p95_s)}`)
  if (stuck > 0) parts.push(`${stuck} stuck`)
  return parts.join(', ')
}

function label(drawn, text) {
  if (drawn.getAttribute('aria-label') !== text) drawn.setAttribute('aria-label', text)
}

/** Drawn over everything, and not read out: its words are those of the states. */
function layer(svg, name) {
  const known = svg.querySelector(`.${name}`)
  if (known) return known
  const made = svgElement('g', { class: name, 'aria-hidden': 'true' })
  svg.querySelector('[data-state]').parentNode.append(made)
  return made
}

function stateMark(drawn, devices, stuck) {
  const { x, y, width } = drawn.querySelector('rect')
  const [right, top] = [x.baseVal.value + width.baseVal.value, y.baseVal.value]
  const mark = pill(count(devices), right - 16, top, 'devices')
  if (stuck === 0) return mark
  const both = svgElement('g', {})
  both.append(pill(`${stuck} stuck`, right - 62, top, 'stuck'), mark)
  return both
}

/** Behind the first line of the edge's words. */
function edgeMark(drawn, text, kind) {
  const line = drawn.querySelector('text')
  const end = line.x.baseVal[0].value + line.textLength.baseVal.value
  const half = (text.length * CHARACTER_PX + 12) / 2
  return pill(text, end + half + 4, line.y.baseVal[0].value - 4, kind)
}

/** Before its words; of many places the last ones. */
function pathMark(drawn, places) {
  const text = places.length > 3 ? `… ${places.slice(-2).join(', ')}` : places.join(', ')
  const line = drawn.querySelector('text')
  const half = (text.length * CHARACTER_PX + 12) / 2
  return pill(text, line.x.baseVal[0].value - half - 3, line.y.baseVal[0].value - 4, 'place')
}

function pill(text, x, y, kind) {
  const made = svgElement('g', { class: `pill ${kind}` })
  const width = Math.max(22, text.length * CHARACTER_PX + 12)
  // Beside a line of words it is no higher than the line.
  const half = drawnOver(kind) ? 10 : 8
  const size = { x: x - width / 2, y: y - half, width, height: 2 * half, rx: half }
  const words = svgElement('text', { x, y: y + 4, 'text-anchor': 'middle' })
  words.textContent = text
  made.append(svgElement('rect', size), words)
  return made
}

function drawnOver(kind) {
  return kind === 'devices' || kind === 'stuck'
}

function svgElement(tag, attributes) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  return made
}
