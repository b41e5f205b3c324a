/** Where the chart stands, on the drawing and in words. Elements from text alone. */
import { statePath } from '../../statecharts/chart.ts'
import { eventAt } from '../../visualizer/chart-events.ts'
import { isIn } from '../../visualizer/read-machine.ts'
import { standingOf, stepsOf } from '../../visualizer/stepper.ts'
import { edgesTaken } from '../../visualizer/taken-edge.ts'

/** Of a long history the last are listed; the slider leads to the others. */
const LISTED = 60

const byId = (id) => document.getElementById(id)

export function show({ stepper, graph, events, factsFor }) {
  const standing = standingOf(stepper)
  showDrawing(standing, graph)
  showWords(stepper, standing)
  showHistory(stepper)
  for (const event of events) {
    const edges = edgesNow(stepper.chart, standing, event, factsFor(event))
    const button = [...byId('events').children].find(({ dataset }) => dataset.event === event.name)
    button.classList.toggle('heard', edges.length > 0)
    button.title = edges.join(', ') || 'Nothing hears it in this state'
  }
}

function edgesNow(chart, { state, now }, { name }, facts) {
  try {
    return edgesTaken(chart, state, eventAt(name, now, facts ?? {}, ''))
  } catch {
    return []
  }
}

function showDrawing({ state, steps }, { states }) {
  for (const { path } of states)
    document
      .querySelector(`[data-state="${CSS.escape(path)}"]`)
      ?.classList.toggle('now', isIn(state.value, path))
  const taken = new Set(steps.flatMap(({ edges }) => edges))
  for (const drawn of document.querySelectorAll('.chart [data-edges]'))
    drawn.classList.toggle(
      'taken',
      drawn.dataset.edges.split('\t').some((id) => taken.has(id)),
    )
}

function showWords(stepper, { state, now, steps }) {
  const last = steps.at(-1)
  byId('status').textContent = [
    `State: ${statePath(state.value)}`,
    ...(last ? [stepText(last)] : []),
    ...steps.flatMap(({ decided }) => decided.map(({ type }) => `decided ${type}`)),
  ].join('. ')
  byId('now').textContent = timeText(now)
  byId('now').dateTime = timeText(now)
  byId('context').textContent = JSON.stringify(state.context, null, 1)
  const timers = Object.entries(state.timers).sort((a, b) => a[1] - b[1])
  const rows = timers.map(([name, due_at]) => row([name, timeText(due_at), spanText(due_at - now)]))
  byId('timers').replaceChildren(...(rows.length > 0 ? rows : [row(['none', '', ''])]))
  byId('next-timer').disabled = timers.length === 0
  const all = stepsOf(stepper)
  const decided = all.flatMap((step) => step.decided)
  list('decided', decided, ({ type, at, data }) => [`${timeText(at)} ${type}`, JSON.stringify(data, null, 1)])
  list('steps', all, (step) => [`${timeText(step.at)} ${stepText(step)}`, null])
}

function showHistory({ at, moves }) {
  const place = byId('place')
  place.max = String(moves.length)
  place.value = String(at)
  place.disabled = moves.length === 0
  place.setAttribute('aria-valuetext', `${at} of ${moves.length}`)
  byId('place-text').textContent = `${at} of ${moves.length}`
  byId('undo').disabled = at === 0
  byId('redo').disabled = at === moves.length
}

function stepText({ what, edges }) {
  if (what.kind === 'time') return 'time passed'
  const name = what.kind === 'timer' ? `timer ${what.timer}` : what.type
  return edges.length > 0 ? `${name}: ${edges.join(', ')}` : `${name}: nothing hears it`
}

/** The newest first; with more to say, what opens. */
function list(id, items, texts) {
  const made = items
    .slice(-LISTED)
    .reverse()
    .map((item) => {
      const [head, body] = texts(item)
      const entry = document.createElement('li')
      if (body === null) entry.textContent = head
      else {
        const details = document.createElement('details')
        details.append(withText('summary', head), withText('pre', body))
        entry.append(details)
      }
      return entry
    })
  byId(id).start = items.length
  byId(id).replaceChildren(...made)
}

function row(texts) {
  const made = document.createElement('tr')
  made.append(...texts.map((text) => withText('td', text)))
  return made
}

function withText(tag, text) {
  const made = document.createElement(tag)
  made.textContent = text
  return made
}

function timeText(ms) {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}

function spanText(ms) {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ]
  const [unit, size] = units.find(([, one]) => ms >= one) ?? ['ms', 1]
  return `${Math.round((ms / size) * 10) / 10} ${unit}`
}
