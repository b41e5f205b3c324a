/** Items for the stores' suites, with everything that a test does not speak of filled in. */
import { type EventKey, lowestKey, ORDINAL_DIGITS } from '../../events/key.ts'
import type {
  Alias,
  BatchWrite,
  Checkpoint,
  ConfigVersion,
  DeviceStateItem,
  DeviceWrite,
  EventRow,
  HotStore,
  IdentityRow,
  Put,
  Quarantined,
  Summary,
} from '../../events/ports.ts'

export const T0 = 1_763_000_000_000

/** An ordinal that sorts as `n` does. */
export function ordinal(n: number): string {
  return String(n).padStart(ORDINAL_DIGITS, '0')
}

export function eventRow(of: Partial<EventRow> = {}): EventRow {
  return {
    device_id: 'dev-1',
    ts: T0,
    ord: ordinal(1),
    device_type: 'evse',
    origin: 'device',
    event_type: 'state_change',
    location: 'site-1',
    identity: 'ab'.repeat(32),
    reported_timestamp: T0,
    received_at: T0 + 20,
    time_quality: 'device',
    applied: 1,
    revision: 0,
    ttl: 1_770_776_000,
    body: { pilot_state: 'C', current_draw: 31.9 },
    ...of,
  }
}

export function stateItem(of: Partial<DeviceStateItem> = {}): DeviceStateItem {
  return {
    device_id: 'dev-1',
    device_type: 'evse',
    location: 'site-1',
    version: 1,
    applied: 1,
    next_due: null,
    last_received_at: T0,
    state: '{"value":"charging"}',
    standing: '{"session":{"value":"charging"}}',
    ...of,
  }
}

export function summary(of: Partial<Summary> = {}): Summary {
  return {
    kind: 'session',
    id: 's-1',
    device_id: 'dev-1',
    location: 'site-1',
    started_at: T0,
    applied: 1,
    body: { session_id: 's-1', energy_kwh: 7.25, ended_at: null },
    ...of,
  }
}

export function alias(of: Partial<Alias> = {}): Alias {
  return { kind: 'device_session', alias: 'theirs-1', target: 's-1', device_id: 'dev-1', applied: 1, ...of }
}

export function identityRow(of: Partial<IdentityRow> = {}): IdentityRow {
  return {
    device_id: 'dev-1',
    identity: 'cd'.repeat(32),
    ...lowestKey(T0),
    applied: 1,
    ttl: 1_770_776_000,
    ...of,
  }
}

export function checkpoint(of: Partial<Checkpoint> = {}): Checkpoint {
  return {
    device_id: 'dev-1',
    ...lowestKey(T0),
    applied: 1,
    state: '{"value":"unplugged"}',
    ttl: null,
    ...of,
  }
}

export function configVersion(of: Partial<ConfigVersion> = {}): ConfigVersion {
  return {
    device_id: 'dev-1',
    effective_from: T0,
    written_at: T0 + 5,
    identity: 'ef'.repeat(32),
    applied: 1,
    config: { device_type: 'evse', rated_voltage_v: 230, gpio: { '4': { signal: 'proximity_detected' } } },
    ...of,
  }
}

export function quarantined(of: Partial<Quarantined> = {}): Quarantined {
  return {
    position: '00000000000000000007',
    received_at: T0,
    topic: 'ev/evse/dev-1/telemetry',
    device_id: null,
    reason: 'payload: is not JSON',
    payload_base64: 'bm8=',
    ...of,
  }
}

/** One item of each table that takes puts. */
export function onePutEach(device_id: string, applied: number): Put[] {
  return [
    { table: 'events', item: eventRow({ device_id, applied }) },
    { table: 'summaries', item: summary({ device_id, applied, id: `s of ${device_id}` }) },
    { table: 'aliases', item: alias({ device_id, applied, target: `s of ${device_id}` }) },
    { table: 'identities', item: identityRow({ device_id, applied }) },
    { table: 'checkpoints', item: checkpoint({ device_id, applied }) },
    { table: 'config', item: configVersion({ device_id, applied }) },
  ]
}

/** The write of one device, from `expected_version` to the next. */
export function deviceWrite(device_id: string, expected_version: number, puts: Put[]): DeviceWrite {
  const version = expected_version + 1
  return { device_id, puts, expected_version, state: stateItem({ device_id, version, applied: version }) }
}

export function batchOf(devices: DeviceWrite[], rest: Partial<BatchWrite> = {}): BatchWrite {
  return { devices, quarantined: [], ...rest }
}

export function eventPut(item: EventRow): Put {
  return { table: 'events', item }
}

/** Every key there can be. */
export const ALL = { from: lowestKey(0), to: lowestKey(9_999_999_999_999) }

export function keyOf({ ts, ord }: EventKey): EventKey {
  return { ts, ord }
}

/** Puts events of dev-1 at these keys, in an order that is not theirs. */
export async function putEvents(store: HotStore, keys: EventKey[]): Promise<void> {
  const shuffled = [...keys.filter((_, n) => n % 2 === 1), ...keys.filter((_, n) => n % 2 === 0).toReversed()]
  await store.write(
    batchOf([
      deviceWrite(
        'dev-1',
        0,
        shuffled.map((key) => eventPut(eventRow(key))),
      ),
    ]),
  )
}

export async function putSummaries(store: HotStore, rows: Summary[]): Promise<void> {
  const puts = rows.map((item): Put => ({ table: 'summaries', item }))
  await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
}
