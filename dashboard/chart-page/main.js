/** A chart's page: what people do on it, and the chart that it steps. */

import { importedCharts } from 'imported-charts'
import { nextTimer } from '../../statecharts/advance.ts'
import { CHARTED_TYPES, chartsOf } from '../../statecharts/device-charts.ts'
import { eventAt, eventsToTry } from '../../visualizer/chart-events.ts'
import { linkOf, openLink } from '../../visualizer/position-link.ts'
import { readChart } from '../../visualizer/read-machine.ts'
import { readRecorded } from '../../visualizer/recorded.ts'
import { goTo, move, moveAll, newStepper, standingOf } from '../../visualizer/stepper.ts'
import { show } from './show.js'
import { letZoom } from './zoom.js'

/** Noon of a day, so that times read as times: a page is the same whenever it is opened. */
const BEGINS_AT = Date.UTC(2026, 0, 1, 12)

const byId = (id) => document.getElementById(id)
const chartId = document.body.dataset.chart
/** What no device runs yet hears nothing that was recorded. */
const unused = importedCharts.map((chart) => ({ name: chart.id, chart, type: null }))
const instances = [
  ...CHARTED_TYPES.flatMap((type) => chartsOf(type).map((instance) => ({ ...instance, type }))),
  ...unused,
].filter(({ chart }) => chart.id === chartId)
const { chart } = instances[0]
const graph = readChart(chart)
const events = eventsToTry(graph, unused.length > 0 ? { message: {} } : {})

let instance = instances[0]
let stepper = newStepper(chart, { now: BEGINS_AT })
/** Events that share their facts, with the text of these as people have edited it. */
const kinds = [...Map.groupBy(events, ({ facts }) => facts)].map(([facts, all]) => ({
  facts,
  names: all.map(({ name }) => name),
  text: JSON.stringify(facts, null, 1),
}))

function shown() {
  show({ stepper, graph, events, factsFor })
}

function step(...moves) {
  stepper = move(stepper, ...moves)
  // A move that could not be made is none.
  const { refused } = standingOf(stepper)
  say(refused ?? '')
  if (refused !== null) stepper = goTo(stepper, stepper.at - 1)
  shown()
}

/** The facts that an event would have now; null where their text is none. */
function factsFor(event) {
  try {
    return JSON.parse(kindOf(event).text)
  } catch {
    return null
  }
}

function kindOf({ name }) {
  return kinds.find(({ names }) => names.includes(name))
}

function hear(event) {
  const { now } = standingOf(stepper)
  const facts = factsFor(event)
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) {
    writeFacts(kindOf(event))
    say('The facts are not a JSON object')
    return
  }
  writeFacts(kindOf(event))
  step({ event: eventAt(event.name, now, facts, `${event.name} ${stepper.at + 1}`) })
}

function writeFacts(kind) {
  byId('kind').value = String(kinds.indexOf(kind))
  byId('facts').value = kind.text
}

function say(flaw) {
  byId('flaw').textContent = flaw
}

function toNextTimer() {
  const due = nextTimer(standingOf(stepper).state.timers)
  if (due) step({ until: due.due_at })
}

/** An edge of the drawing that is clicked is tried: its event is heard, or time passes to its timer. */
function takeEdge(ids) {
  const edge = graph.edges.find(({ id }) => id === ids.split('\t')[0])
  if (!edge) return
  if (edge.trigger.kind === 'after') {
    const { timers } = standingOf(stepper).state
    const name = Object.keys(timers).find((one) => one.startsWith(`${edge.trigger.delay}.`))
    if (name) step({ until: timers[name] })
    else say(`${edge.trigger.delay} is not set now`)
    return
  }
  if (edge.trigger.kind !== 'event') return
  const { event: name } = edge.trigger
  const found = events.find(
    (one) => one.name === name || (name.endsWith('*') && one.name.startsWith(name.slice(0, -1))),
  )
  if (found) hear(found)
}

async function load(file) {
  if (!file) return
  if (instance.type === null) {
    say(`${chart.id} is run by no device type yet, so nothing that was recorded is for it`)
    return
  }
  const read = readRecorded(await file.text(), instance, instance.type)
  if ('flaw' in read) {
    say(`${file.name}: ${read.flaw}`)
    return
  }
  const first = read.moves[0]
  const begins_at = 'event' in first ? first.event.at : first.until
  stepper = moveAll(newStepper(chart, { now: begins_at, configs: read.configs }), read.moves)
  const refused = stepper.standings.findIndex((one) => one.refused !== null)
  say(refused < 0 ? '' : `event ${refused + 1}: ${stepper.standings[refused].refused}`)
  stepper = goTo(stepper, 0)
  shown()
  byId('status').textContent =
    `${read.device_id}: ${read.moves.length} events loaded. ${byId('status').textContent}`
}

async function share() {
  const link = linkOf(stepper, instance.name)
  location.hash = link
  const copied = await navigator.clipboard?.writeText(location.href).then(
    () => true,
    () => false,
  )
  byId('shared').textContent = copied ? 'The link is copied' : 'The link is in the address bar'
}

function openHash() {
  if (location.hash.length < 2 || location.hash === `#${linkOf(stepper, instance.name)}`) return
  const opened = openLink(chart, location.hash)
  if ('flaw' in opened) {
    say(opened.flaw)
    return
  }
  stepper = opened.stepper
  instance = instances.find(({ name }) => name === opened.instance) ?? instance
  byId('instance').value = instance.name
  say(standingOf(stepper).refused ?? '')
  shown()
}

function build() {
  byId('instance').replaceChildren(
    ...instances.map(({ name, type }) => new Option(`${name} of a ${type}`, name)),
  )
  byId('instance-choice').hidden = instances.length < 2
  const buttons = events.map((event) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.dataset.event = event.name
    button.textContent = event.name
    button.addEventListener('click', () => hear(event))
    return button
  })
  byId('events').replaceChildren(...buttons)
  byId('kind').replaceChildren(...kinds.map(({ names }, n) => new Option(names.join(', '), String(n))))
  byId('kind-choice').hidden = kinds.length < 2
  if (kinds[0]) writeFacts(kinds[0])
}

function listen() {
  const onClick = {
    undo: () => back(stepper.at - 1),
    redo: () => back(stepper.at + 1),
    again: () => {
      stepper = newStepper(chart, { now: BEGINS_AT })
      say('')
      shown()
    },
    share,
    'next-timer': toNextTimer,
  }
  for (const [id, act] of Object.entries(onClick)) byId(id).addEventListener('click', act)
  byId('place').addEventListener('input', ({ target }) => back(Number(target.value)))
  byId('file').addEventListener('change', ({ target }) => {
    load(target.files[0]).catch((error) => say(`the file cannot be read: ${error.message}`))
    // The same file, written anew, may be chosen again.
    target.value = ''
  })
  byId('kind').addEventListener('change', ({ target }) => writeFacts(kinds[Number(target.value)]))
  byId('facts').addEventListener('input', ({ target }) => {
    const kind = kinds[Number(byId('kind').value)]
    if (kind) kind.text = target.value
    shown()
  })
  byId('instance').addEventListener('change', ({ target }) => {
    instance = instances.find(({ name }) => name === target.value)
  })
  byId('time').addEventListener('submit', (event) => {
    event.preventDefault()
    const ms = Math.round(Number(byId('amount').value) * Number(byId('unit').value))
    const until = standingOf(stepper).now + ms
    if (Number.isNaN(new Date(until).getTime())) say('Time does not reach as far as that')
    else step({ until })
  })
  window.addEventListener('hashchange', openHash)
}

function back(at) {
  stepper = goTo(stepper, at)
  say('')
  shown()
}

build()
listen()
letZoom(
  [byId('drawing')],
  { zoomIn: byId('zoom-in'), zoomOut: byId('zoom-out'), zoomAll: byId('zoom-all') },
  { onEdge: takeEdge },
)
shown()
openHash()
