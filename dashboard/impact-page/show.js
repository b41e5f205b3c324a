/** One step of an example: on both drawings, and in words side by side. Elements from text alone. */
const SIDES = ['before', 'after']

export function showStep(section, { steps }, at) {
  const step = steps[at]
  const [before, after] = SIDES.map((side) => step[side])
  const drawings = [...section.querySelectorAll('figure')]
  for (const [n, side] of [before, after].entries()) mark(drawings[n], side)
  const skipped =
    step.skipped > 0 ? `${step.skipped} events that changed no state on either side are left out. ` : ''
  section.querySelector('.status').textContent = `${skipped}${timeText(step.at)} ${step.what}`
  const rows = [
    ['State', ({ state }) => state],
    ['Heard, and edges taken', ({ heard }) => heard.map(heardText).join('\n')],
    ['Decided', ({ decided }) => decided.map(decidedText).join('\n') || 'nothing'],
    ['Timers', ({ timers }) => timersText(timers)],
    ['Refused', ({ refused }) => refused ?? ''],
  ]
  const shown = rows
    .map(([name, textOf]) => [
      name,
      ...[before, after].map((side) => (side ? textOf(side) : 'no such chart')),
    ])
    .filter(
      ([name, ...texts]) =>
        name !== 'Refused' || texts.some((text) => text !== '' && text !== 'no such chart'),
    )
  section.querySelector('.stood').replaceChildren(...shown.map(row))
  const [was, is] = SIDES.map((side) => contextAt(steps, at, side))
  const fields = [...new Set([...Object.keys(is), ...Object.keys(was)])]
  section
    .querySelector('.context')
    .replaceChildren(...fields.map((name) => row([name, valueText(was[name]), valueText(is[name])])))
}

function mark(figure, side) {
  const inside = (path) =>
    side?.state.split('|').some((one) => one === path || one.startsWith(`${path}.`)) ?? false
  const states = side?.state.split('|') ?? []
  for (const drawn of figure.querySelectorAll('[data-state]')) {
    drawn.classList.toggle('now', drawn.dataset.state !== '' && inside(drawn.dataset.state))
    drawn.classList.toggle('here', states.includes(drawn.dataset.state))
  }
  const taken = new Set((side?.heard ?? []).flatMap(({ edges }) => edges))
  for (const drawn of figure.querySelectorAll('[data-edges]'))
    drawn.classList.toggle(
      'taken',
      drawn.dataset.edges.split('\t').some((id) => taken.has(id)),
    )
}

/** Each step tells what has changed in it. */
function contextAt(steps, at, side) {
  const all = {}
  for (const step of steps.slice(0, at + 1))
    for (const [path, value] of Object.entries(step[side]?.context ?? {})) {
      if (value === null) delete all[path]
      else all[path] = value
    }
  return all
}

function heardText({ text, edges }) {
  return edges.length > 0 ? `${text}: ${edges.join(', ')}` : `${text}: nothing hears it`
}

function decidedText({ type, at, data }) {
  const { end_reason, energy_kwh, alarm } = data
  const facts = [
    alarm,
    end_reason,
    energy_kwh === undefined || energy_kwh === null ? null : `${energy_kwh} kWh`,
  ]
  const told = facts.filter((fact) => fact !== undefined && fact !== null)
  return `${type} at ${timeText(at)}${told.length > 0 ? ` (${told.join(', ')})` : ''}`
}

function timersText(timers) {
  const all = Object.entries(timers).sort((a, b) => a[1] - b[1])
  return all.map(([name, due_at]) => `${name} due ${timeText(due_at)}`).join('\n') || 'none'
}

function valueText(value) {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

function row([name, ...texts]) {
  const made = document.createElement('tr')
  made.classList.toggle('apart', texts[0] !== texts[1])
  const head = document.createElement('th')
  head.scope = 'row'
  head.textContent = name
  made.append(head)
  for (const text of texts) {
    const cell = document.createElement('td')
    cell.textContent = text
    made.append(cell)
  }
  return made
}

function timeText(ms) {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
