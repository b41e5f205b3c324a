/** What devices might say, from a seed: honest and odd, so that the law is tried on more than good days. */
import type { DeviceConfig } from '../../events/event.ts'
import { pairId } from '../../events/pair-id.ts'
import type { LogRecord, RecordSource } from '../../events/record.ts'
import { configTopic, telemetryTopic, untilTopic } from '../../events/topics.ts'

/** A small generator of numbers (mulberry32): the same seed, the same world. */
export type Random = {
  next(): number
  below(n: number): number
  chance(p: number): boolean
  pick<T>(of: readonly T[]): T
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (n: number) => Math.floor(next() * n)
  return { next, below, chance: (p) => next() < p, pick: (of) => of[below(of.length)] as (typeof of)[number] }
}

const START = Date.UTC(2026, 10, 2)
const PAIR = pairId('garage', 'main')

/** Records of one device in the order in which they were received. Positions are given when they are laid on a log. */
export type Record0 = Omit<LogRecord, 'position'>

export type LifeOptions = {
  /** False: every device's clock is set, so that no time depends on the order in which messages come in. */
  uptime?: boolean
}

export function lifeOf(
  device_id: string,
  random: Random,
  length: number,
  { uptime = true }: LifeOptions = {},
): Record0[] {
  const kind = random.pick(['evse', 'evse', 'thermostat'] as const)
  const records: Record0[] = []
  let now = START + random.below(3_600_000)
  const device = kind === 'evse' ? charger(device_id, random, uptime) : thermostat(device_id, random)
  if (random.chance(0.7)) records.push(configRecord(device_id, kind, now, random))
  for (let i = 0; i < length; i++) {
    now += random.pick([0, 1, 2_000, 60_000, 900_000, 5 * 3_600_000, 8 * 86_400_000])
    records.push(device(now))
    if (random.chance(0.05)) records.push(internal(untilTopic(device_id), now, { device_id, until: now }))
    if (random.chance(0.05)) records.push(configRecord(device_id, kind, now, random))
    if (random.chance(0.03)) records.push(internal(untilTopic(PAIR), now, { device_id: PAIR, until: now }))
  }
  return records
}

/** Time for every device, and for every pair that they may be in, to come to the same end. */
export function longAfter(device_ids: readonly string[]): Record0[] {
  const at = START + 10 * 365 * 86_400_000
  const all = [...device_ids, ...['garage', 'yard'].map((location) => pairId(location, 'main'))]
  return all.map((device_id) => internal(untilTopic(device_id), at, { device_id, until: at }))
}

function charger(device_id: string, random: Random, uptime: boolean): (now: number) => Record0 {
  let register = random.pick([0, 0, 1_000])
  let session = 0
  let booted = START - 1_000
  let pilot = 'A'
  const unset = random.chance(0.3) && uptime
  return (now) => {
    const before = pilot
    pilot = random.pick(['A', 'B', 'C', 'C', 'D', 'E', 'F', pilot])
    if (before === 'A' && pilot !== 'A' && random.chance(0.5)) session++
    if (random.chance(0.1)) register = 0
    register += pilot === 'C' ? random.next() * 2 : 0
    if (random.chance(0.05)) booted = now
    const uptime_ms = Math.max(0, now - booted - random.pick([0, 0, 400, 3_000, 90_000]))
    const timestamp = unset && random.chance(0.7) ? uptime_ms : now + random.pick([0, 0, 0, 3_600_000])
    const fields = {
      pilot_state: random.chance(0.9) ? pilot : undefined,
      current_draw: pilot === 'C' ? 16 : 0,
      energy_delivered_kwh: random.chance(0.8) ? Math.round(register * 1e4) / 1e4 : undefined,
      session_id: random.chance(0.5) ? `s-${session}` : '',
      event_type: random.pick(['state_change', 'telemetry', 'session_start', 'session_end']),
      location: random.chance(0.2) ? 'garage' : undefined,
    }
    if (fields.event_type !== 'telemetry') fields.pilot_state = pilot
    const message = { device_id, device_type: 'evse', timestamp, ...fields }
    return fromDevice(telemetryTopic('evse', device_id), now, message)
  }
}

function thermostat(device_id: string, random: Random): (now: number) => Record0 {
  return (now) => {
    const message = {
      device_id,
      device_type: 'thermostat',
      timestamp: now,
      event_type: 'state_change',
      heating_call: random.chance(0.4),
      cooling_call: random.chance(0.4),
    }
    return fromDevice(telemetryTopic('thermostat', device_id), now, message)
  }
}

function configRecord(
  device_id: string,
  device_type: 'evse' | 'thermostat',
  now: number,
  random: Random,
): Record0 {
  const config: DeviceConfig = { device_type, location: random.pick(['garage', 'garage', 'yard']) }
  if (device_type === 'thermostat') config.rated_power_cooling_kw = 3
  if (random.chance(0.8)) config.interlock_circuit = 'main'
  const effective_from = now + random.pick([0, 0, 3_600_000])
  return internal(configTopic(device_id), now, { device_id, effective_from, written_at: now, config })
}

function fromDevice(topic: string, received_at: number, message: unknown): Record0 {
  return record('mqtt', topic, received_at, message)
}

function internal(topic: string, received_at: number, message: unknown): Record0 {
  return record('internal', topic, received_at, message)
}

function record(source: RecordSource, topic: string, received_at: number, message: unknown): Record0 {
  const payload = new TextEncoder().encode(JSON.stringify(message))
  return { source, topic, received_at, payload, verdict: 'unchecked' }
}
