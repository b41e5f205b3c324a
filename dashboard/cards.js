/** A card for each device, grouped by what it is. */
import { element, keepInStep, timeElement } from './elements.js'
import { clockTime, duration, quantity } from './format.js'
import { clockOf, stateOf } from './state-words.js'

const GROUPS = ['evse', 'thermostat', 'other']
const inOrder = new Intl.Collator(undefined, { numeric: true })

/** @param {object[]} devices @param {number} now */
export function showDevices(devices, now) {
  const sorted = devices.toSorted((a, b) => inOrder.compare(a.device_id, b.device_id))
  for (const group of GROUPS) {
    const members = sorted.filter((device) => groupOf(device) === group)
    const list = document.querySelector(`[data-cards="${group}"]`)
    keepInStep(list, members, { key: (device) => device.device_id, render: (device) => card(device, now) })
    document.querySelector(`[data-tally="${group}"]`).textContent = tally(members)
    list.closest('section').hidden = members.length === 0
  }
  document.getElementById('nothing').hidden = devices.length > 0
}

function groupOf({ device_type }) {
  return GROUPS.includes(device_type) ? device_type : 'other'
}

/** `20: 6 charging, 2 plugged in`, the most frequent first. */
function tally(devices) {
  const counts = new Map()
  for (const device of devices) {
    const { words } = stateOf(device)
    counts.set(words, (counts.get(words) ?? 0) + 1)
  }
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([words, n]) => `${n} ${words.toLowerCase()}`)
  return parts.join(' · ')
}

function card(device, now) {
  const state = stateOf(device)
  const title = element('h3', {}, [
    element('a', { href: `/v1/devices/${encodeURIComponent(device.device_id)}`, text: device.device_id }),
  ])
  const place = element('p', { class: 'place', text: device.location ?? '' })
  const shown = element('p', { class: 'state' }, [element('strong', { text: state.words })])
  if (state.since !== null) shown.append(' since ', timeElement(state.since, clockTime(state.since, now)))
  const figures = element(
    'dl',
    {},
    figuresOf(device).map(([name, value]) => figure(name, value)),
  )
  const body = [title, place, shown, figures, footnote(device, now)]
  return element('li', { class: 'card', 'data-tone': state.tone }, body)
}

function figure(name, value) {
  return element('div', {}, [element('dt', { text: name }), element('dd', { text: value })])
}

/** What the device is doing, in figures that mean something in its state. */
function figuresOf({ device_type, open_session, open_cycles, last_event }) {
  if (device_type === 'evse')
    return [
      ['Current', quantity(last_event?.fields.current_draw, 1, 'A')],
      ['Session', duration(open_session?.duration_s)],
      ['Energy', quantity(open_session?.energy_kwh, 2, 'kWh')],
    ]
  const [cycle] = open_cycles
  if (device_type === 'thermostat')
    return [
      ['Cycle', duration(cycle && cycle.duration_hours * 3600)],
      ['Energy', quantity(cycle?.energy_consumed_kwh, 2, 'kWh')],
    ]
  return []
}

function footnote({ clock, last_received_at }, now) {
  const quality = clockOf(clock)
  const heard =
    last_received_at > 0
      ? timeElement(last_received_at, `heard ${duration(Math.max(0, now - last_received_at) / 1000)} ago`)
      : element('span', { text: 'not heard yet' })
  const clockNote =
    quality && element('span', { class: 'clock', 'data-clock': quality.tone, text: quality.words })
  return element('p', { class: 'footnote' }, [heard, clockNote])
}
