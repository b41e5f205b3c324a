/** Given / when / then for the interlock: what the devices on one circuit say, in seconds, and what the chart decides. */
import type { DeviceEvent, PairFields } from '../../events/event.ts'
import { advance, advanceTime } from '../../statecharts/advance.ts'
import { type ChartState, type Decision, statePath } from '../../statecharts/chart.ts'
import { evInterlock } from '../../statecharts/ev-interlock.ts'
import { interlockEvent } from '../../statecharts/interlock-event.ts'
import { T0 } from './charger.ts'

export const HOUR = 3600

export type Config = PairFields['config']
type Word = { second: number; member_id: string; said: Partial<PairFields>; config: Config }

/** Configurations by member; none where a member has none. */
export type Configs = Record<string, Config>

/**
 * `0 ev 16; 100 hall on; 200 hall off; 300 ev left`: at which second who says what. `ev…` are chargers and say their
 * current; everything else is a thermostat. Without a word it is heard and says nothing. JSON is for any other fields.
 */
function wordsOf(script: string, configs: Configs): Word[] {
  return script.split(';').map((part) => {
    const [second, member_id = '', what = ''] = part.trim().split(' ')
    const config = Object.hasOwn(configs, member_id) ? (configs[member_id] as Config) : {}
    return { second: Number(second), member_id, said: saying(what), config }
  })
}

function saying(what: string): Partial<PairFields> {
  if (what === '') return {}
  if (what === 'left') return { left: true }
  if (what === 'on' || what === 'off') return { heating_call: what === 'on' }
  if (what.startsWith('{')) return JSON.parse(what) as Partial<PairFields>
  return { pilot_state: Number(what) > 0 ? 'C' : 'B', current_draw: Number(what) }
}

function eventOf({ second, member_id, said, config }: Word): DeviceEvent {
  const member_type = member_id.startsWith('ev') ? 'evse' : 'thermostat'
  const at = T0 + second * 1000
  const fields: PairFields = { member_id, member_type, circuit: 'main', config, ...said }
  return {
    device_id: 'pair:house:main',
    device_type: 'pair',
    event_type: 'state_change',
    reported_timestamp: at,
    fields,
    extra: {},
    flags: [],
    origin: 'device',
    event_time: at,
    time_quality: 'device',
    received_at: at,
    identity: `identity of ${member_id} at ${second}`,
  }
}

export type Told = { second: number } & Record<string, unknown>

/** What the chart decides of these words, and where it stands when time has reached `until`. */
export function circuit(script: string, until?: number, configs: Configs = {}) {
  let state: ChartState | null = null
  const decided: Decision[] = []
  for (const word of wordsOf(script, configs)) {
    const advanced = advance(evInterlock, state, interlockEvent(eventOf(word)))
    state = advanced.state
    decided.push(...advanced.decided)
  }
  if (until !== undefined && state) {
    const advanced = advanceTime(evInterlock, state, T0 + until * 1000)
    state = advanced.state
    decided.push(...advanced.decided)
  }
  const told: Told[] = decided.map(({ at, data }) => ({ ...data, second: (at - T0) / 1000 }))
  return { told, path: state && statePath(state.value), state }
}
