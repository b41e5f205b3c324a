/** The latest sessions and cycles, as rows. */
import { element, keepInStep, timeElement } from './elements.js'
import { clockTime, duration, quantity } from './format.js'

/** @param {object[]} sessions @param {number} now */
export function showSessions(sessions, now) {
  const rows = document.querySelector('[data-rows="sessions"]')
  keepInStep(rows, sessions, {
    key: (session) => session.session_id,
    render: (session) =>
      element('tr', {}, [
        heading(session, `/v1/sessions/${encodeURIComponent(session.session_id)}`),
        timeCell(session.started_at, now),
        numberCell(quantity(session.energy_kwh, 2, 'kWh')),
        numberCell(duration(session.charging_s)),
        numberCell(duration(session.duration_s)),
        endCell(session),
        cell(session.energy_confidence ?? '–'),
        cell(session.location ?? '–'),
      ]),
  })
}

/** @param {object[]} cycles @param {number} now */
export function showCycles(cycles, now) {
  const rows = document.querySelector('[data-rows="cycles"]')
  keepInStep(rows, cycles, {
    key: (cycle) => cycle.cycle_id,
    render: (cycle) =>
      element('tr', {}, [
        heading(cycle, `/v1/cycles/${encodeURIComponent(cycle.cycle_id)}`),
        timeCell(cycle.started_at, now),
        cell(cycle.mode),
        numberCell(quantity(cycle.energy_consumed_kwh, 2, 'kWh')),
        numberCell(duration(cycle.duration_hours * 3600)),
        endCell(cycle),
      ]),
  })
}

function heading({ device_id }, href) {
  return element('th', { scope: 'row' }, [element('a', { href, text: device_id })])
}

function cell(text) {
  return element('td', { text })
}

function numberCell(text) {
  return element('td', { class: 'number', text })
}

function timeCell(ms, now) {
  return element('td', {}, [timeElement(ms, clockTime(ms, now))])
}

function endCell({ ended_at, end_reason }) {
  if (ended_at === null) return element('td', { class: 'under-way', text: 'under way' })
  return cell(String(end_reason).replaceAll('_', ' '))
}
