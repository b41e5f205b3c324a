/** What a device said, as the API or a file with a line an event has it → moves of a chart. */
import type { DeviceConfig, DeviceEvent, DeviceType } from '../events/event.ts'
import { type ConfigInForce, configAt } from '../statecharts/config-in-force.ts'
import type { ChartInstance } from '../statecharts/device-charts.ts'
import type { Move } from './stepper.ts'

export type Recorded = { device_id: string; moves: Move[]; configs: ConfigInForce[] }
/** One line for a person. */
export type Unreadable = { flaw: string }

type Row = {
  key?: string
  event_time: number
  origin: 'device' | 'config' | 'chart'
  device_id: string
  device_type: DeviceType
  retracted?: boolean
  body: Record<string, unknown>
} & Record<string, unknown>

/**
 * The answer of `GET /v1/devices/{device_id}/events`, or its items with a line for each. What a chart decided is left
 * out, for it is decided anew; what the chart does not hear lets time pass.
 */
export function readRecorded(text: string, instance: ChartInstance, type: DeviceType): Recorded | Unreadable {
  const values = valuesOf(text)
  if ('flaw' in values) return values
  const flaws = values.items.flatMap((value, n) => flawOf(value, n) ?? [])
  if (flaws[0]) return { flaw: flaws[0] }
  const rows = (values.items as Row[]).filter((row) => !row.retracted).sort(byKey)
  const said = rows.filter(({ origin }) => origin === 'device')
  const others = new Set(said.map(({ device_id }) => device_id))
  if (said.length === 0) return { flaw: 'the file holds no event that a device said' }
  if (others.size > 1)
    return { flaw: `the file holds ${others.size} devices, and a chart is of one: ${[...others].join(', ')}` }
  const stranger = said.find(({ device_type }) => device_type !== type)
  if (stranger) return { flaw: `device_type: ${stranger.device_type} is not ${type}, whose chart this is` }
  const configs = rows.filter(({ origin }) => origin === 'config').map(configOf)
  const moves = said.map((row) => moveOf(row, instance, configAt(configs, row.event_time)))
  return { device_id: said[0]?.device_id ?? '', moves, configs }
}

function valuesOf(text: string): { items: unknown[] } | Unreadable {
  const whole = parsed(text)
  if (whole !== undefined) {
    const { items } = (whole ?? {}) as { items?: unknown }
    return { items: Array.isArray(items) ? items : Array.isArray(whole) ? whole : [whole] }
  }
  const items: unknown[] = []
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = parsed(line)
    if (value === undefined) return { flaw: `line ${n + 1} is not JSON: ${line.trim().slice(0, 60)}` }
    items.push(value)
  }
  return { items }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function flawOf(value: unknown, n: number): string | null {
  const at = `event ${n + 1}`
  if (typeof value !== 'object' || value === null) return `${at}: ${JSON.stringify(value)} is not an object`
  const { event_time, device_id, origin, body } = value as Partial<Row>
  if (!Number.isSafeInteger(event_time)) return `${at}: event_time: ${event_time} is not a whole number of ms`
  if (typeof device_id !== 'string') return `${at}: device_id: ${device_id} is not text`
  if (!['device', 'config', 'chart'].includes(origin ?? ''))
    return `${at}: origin: ${origin} is none of device, config, chart`
  return typeof body === 'object' && body !== null ? null : `${at}: body: ${body} is not an object`
}

/** Key text sorts as the fold does. */
function byKey(a: Row, b: Row): number {
  if (a.event_time !== b.event_time) return a.event_time - b.event_time
  const [one = '', other = ''] = [a.key, b.key]
  return one < other ? -1 : one > other ? 1 : 0
}

function configOf({ body, event_time }: Row): ConfigInForce {
  const { effective_from = event_time, written_at = 0, config = {} } = body as Partial<ConfigInForce>
  return { effective_from, written_at, config }
}

function moveOf(row: Row, instance: ChartInstance, config: DeviceConfig): Move {
  const { body, key: _key, ...told } = row
  const event = { ...told, fields: body, extra: {}, flags: [] } as unknown as DeviceEvent
  const heard = instance.hear(event, config)
  return heard ? { event: heard } : { until: row.event_time }
}
