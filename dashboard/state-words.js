/** What the states of the charts are called, and the tone they are shown in. Tones repeat what the words say. */

const CHARGER = new Map([
  ['unplugged', { words: 'Available', tone: 'rest' }],
  ['session.connected', { words: 'Plugged in', tone: 'ready' }],
  ['session.charging', { words: 'Charging', tone: 'busy' }],
  ['session.ventilating', { words: 'Charging, ventilated', tone: 'busy' }],
  ['session.faulted', { words: 'Fault in a session', tone: 'alarm' }],
  ['unavailable', { words: 'Out of order', tone: 'alarm' }],
  ['silent', { words: 'Fell silent', tone: 'doubt' }],
])

const CIRCUIT = new Map([
  ['idle', { words: 'Free', tone: 'rest' }],
  ['draw', { words: 'Charging', tone: 'busy' }],
  ['call.on', { words: 'Held for the HVAC', tone: 'ready' }],
  ['call.settling', { words: 'Held for the HVAC', tone: 'ready' }],
  ['overlap.on', { words: 'Handing over', tone: 'ready' }],
  ['overlap.settling', { words: 'Handing over', tone: 'ready' }],
  ['violation.on', { words: 'Interlock violated', tone: 'alarm' }],
  ['violation.settling', { words: 'Interlock violated', tone: 'alarm' }],
])

/** @typedef {{ words: string, tone: string, since: number | null }} Shown */

/** The one state to show of a device, whatever charts it runs. @returns {Shown} */
export function stateOf(device) {
  const charts = device.charts.filter((chart) => chart.state !== null)
  if (charts.length === 0)
    return { words: device.last_event ? 'Heard of' : 'Not heard yet', tone: 'doubt', since: null }
  if (device.device_type === 'thermostat') return thermostatState(charts)
  const [chart] = charts
  const known = device.device_type === 'pair' ? CIRCUIT : CHARGER
  return { ...(known.get(chart.state) ?? { words: chart.state, tone: 'rest' }), since: chart.since }
}

/** @returns {Shown} */
function thermostatState(charts) {
  const calling = charts.filter((chart) => chart.state.startsWith('calling.'))
  if (calling.length === 0) return { words: 'Idle', tone: 'rest', since: latest(charts) }
  const stuck = calling.find((chart) => chart.state === 'calling.stuck')
  const words = calling.map((chart) => (chart.name === 'heating' ? 'Heating' : 'Cooling')).join(' and ')
  if (stuck) return { words: `${words}, stuck`, tone: 'alarm', since: stuck.since }
  if (calling.length > 1) return { words, tone: 'alarm', since: latest(calling) }
  return { words, tone: calling[0].name === 'heating' ? 'warm' : 'cool', since: calling[0].since }
}

function latest(charts) {
  const known = charts.map((chart) => chart.since).filter((since) => since !== null)
  return known.length === 0 ? null : Math.max(...known)
}

/** How far the device's word on the time is to be trusted; null where nothing has been heard. */
export function clockOf({ quality, offset_ms }) {
  switch (quality) {
    case 'device':
      return { words: 'clock right', tone: 'fine' }
    case 'estimated':
      return { words: 'clock not set', tone: 'off' }
    case 'behind':
      return { words: `clock ${away(offset_ms)} behind`, tone: 'off' }
    case 'ahead':
      return { words: `clock ${away(offset_ms)} ahead`, tone: 'off' }
    default:
      return null
  }
}

function away(offset_ms) {
  const minutes = Math.round(Math.abs(offset_ms ?? 0) / 60_000)
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}
