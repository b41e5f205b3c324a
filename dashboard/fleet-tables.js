/** The fleet in words: states, edges, who is stuck, who is in a state, and one device's way. */
import { element, keepInStep, timeElement } from './elements.js'
import { clockTime, count, duration } from './format.js'

const byId = (id) => document.getElementById(id)

export function showStates({ states }, chosen, pick) {
  keepRows(byId('states'), states, {
    key: ({ state }) => state,
    render: ({ state, devices, median_s, p95_s, longest_s }) => [
      heading(button(state, state === chosen)),
      number(count(devices)),
      number(duration(median_s)),
      number(duration(p95_s)),
      number(duration(longest_s)),
    ],
    act: ({ state }) => pick.state(state),
  })
}

/** Those that were taken, the most often first; then how many were not. */
export function showEdges({ edges, hour_from, day_from }, now) {
  const taken = edges.filter(({ day }) => day > 0).sort((a, b) => b.day - a.day || b.hour - a.hour)
  keepRows(byId('edges'), taken, {
    key: ({ edge }) => edge,
    render: ({ edge, hour, day }) => [
      heading(element('span', { text: edge })),
      number(count(hour)),
      number(count(day)),
    ],
  })
  const others = edges.length - taken.length
  byId('edges-note').textContent =
    `Since ${clockTime(hour_from, now)} and since ${clockTime(day_from, now)}. ${others} others were not taken. Edges that stay in their state are not counted.`
}

export function showStuck({ rule, devices, longest }, pick) {
  byId('stuck-tally').textContent = devices === 0 ? 'nobody' : count(devices)
  byId('stuck-rule').textContent = rule
  listDevices(byId('stuck'), longest, null, pick)
}

/** @param {{ items: object[], more: boolean } | null} devices */
export function showDevices(devices, chosen, pick) {
  byId('devices-part').hidden = devices === null
  if (devices === null) return
  const { items, more } = devices
  byId('devices-title').textContent = `In ${chosen.state}: ${more ? 'the first ' : ''}${count(items.length)}`
  byId('more').hidden = !more
  listDevices(byId('devices'), items, chosen, pick)
}

function listDevices(list, devices, chosen, pick) {
  keepInStep(list, devices, {
    key: ({ device_id, instance }) => JSON.stringify([device_id, instance]),
    render: ({ device_id, instance, state, for_s, stuck }) => {
      const isChosen = chosen?.device === device_id && chosen.of === instance
      const name = instance === 'session' ? device_id : `${device_id}, ${instance}`
      const text = `${state} for ${duration(for_s)}${stuck ? ', stuck' : ''}`
      return element('li', {}, [
        button(name, isChosen),
        element('span', { class: stuck ? 'is-stuck' : 'quiet', text }),
      ])
    },
  })
  list.onclick = ({ target }) => {
    const key = target.closest('button')?.closest('li')?.getAttribute('data-key')
    if (!key) return
    const [device_id, instance] = JSON.parse(key)
    pick.device({ device_id, instance })
  }
}

/** @param {object | null} path */
export function showSteps(path, now) {
  byId('path-part').hidden = path === null
  if (path === null) return
  byId('path-title').textContent = `Path of ${path.device_id}`
  const since = path.since === null ? '' : ` since ${clockTime(path.since, now)}`
  const before = path.more ? 'The last edges that it took, the newest at the end' : 'All edges that it took'
  byId('path-text').textContent = `Now in ${path.state}${since}. ${before}; their places are on the drawing.`
  keepInStep(byId('path'), path.items, {
    key: ({ at, edge }) => `${at} ${edge}`,
    render: ({ at, edge, to }) =>
      element('li', {}, [
        timeElement(at, clockTime(at, now)),
        element('span', { text: ` ${edge} → ` }),
        element('strong', { text: to }),
      ]),
  })
}

function keepRows(body, items, { key, render, act }) {
  keepInStep(body, items, { key, render: (item) => element('tr', {}, render(item)) })
  if (!act) return
  body.onclick = ({ target }) => {
    const row = target.closest('button')?.closest('tr')
    const item = row && items.find((one) => key(one) === row.getAttribute('data-key'))
    if (item) act(item)
  }
}

function button(text, pressed) {
  return element('button', { type: 'button', class: 'plain', 'aria-pressed': String(pressed), text })
}

function heading(child) {
  return element('th', { scope: 'row' }, [child])
}

function number(text) {
  return element('td', { class: 'number', text })
}
