/** Sessions, cycles and alarms as a comparison keeps them: small, since a year of a fleet has many. */
import { hashOf } from '../events/hash.ts'
import type { Summary } from '../events/ports.ts'

/** Part of what `npm run impact` asks of older revisions: fields are added to it, and none is taken away. */
export type ThingFacts = {
  kind: Summary['kind']
  started_at: number
  /** null: still going on. */
  ended_at: number | null
  energy_kwh: number | null
  location: string | null
  /** Of a cycle, whose energy is consumed and not delivered. Absent where an older revision has folded it. */
  consumed_kwh?: number | null
  /** Of a session. Absent where a revision older than this field has folded it, as `variety` is. */
  charging_s?: number | null
  /** A cycle's mode, an alarm's name: what is of another variety has nothing to do with it. */
  variety?: string | null
  /** Everything else that its row says, as the first 52 bits of a hash. What is still going on is told from the state, so its row says less. */
  rest: number
}

export type Things = Map<string, ThingFacts>

/** What changes with the way on which a thing was come to, and not with what it is. */
const BOOKKEEPING = new Set(['revision', 'energy_kwh', 'ended_at', 'started_at', 'location', 'device_id'])

export function factsOf({ kind, started_at, location, body }: Summary): ThingFacts {
  const ended_at = (body.ended_at as number | null | undefined) ?? null
  const energy_kwh = (body.energy_kwh as number | null | undefined) ?? null
  const consumed_kwh = (body.energy_consumed_kwh as number | null | undefined) ?? null
  const open = body.ended_at === null
  const said = open ? { device_session_id: body.device_session_id } : body
  // A number, for a text of a year's sessions is many megabytes.
  const rest = Number.parseInt(hashOf([stableText(said)]).slice(0, 13), 16)
  const charging_s = open ? null : ((body.charging_s as number | undefined) ?? null)
  const variety = ((body.alarm ?? body.mode) as string | undefined) ?? null
  return {
    kind,
    started_at,
    ended_at,
    energy_kwh: open ? null : energy_kwh,
    location,
    consumed_kwh: open ? null : consumed_kwh,
    charging_s,
    variety,
    rest,
  }
}

/** What a session delivered or a cycle consumed, kWh; null where nobody knows. */
export function energyOf({ energy_kwh, consumed_kwh = null }: ThingFacts): number | null {
  return energy_kwh ?? consumed_kwh
}

function stableText(value: unknown, top = true): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((one) => stableText(one, false)).join()}]`
  let text = ''
  for (const name of Object.keys(value).sort()) {
    const one = (value as Record<string, unknown>)[name]
    if (one === undefined || (top && BOOKKEEPING.has(name))) continue
    text += `${text && ','}${JSON.stringify(name)}:${stableText(one, false)}`
  }
  return `{${text}}`
}
