/** What the embedded home makes of a fleet's messages: they enter by the front door, at their own time. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { configArriving } from '../../events/config-record.ts'
import type { DeviceConfig } from '../../events/event.ts'
import type { Summary } from '../../events/ports.ts'
import { soon } from '../soon.ts'

export type Arriving = { received_at: number; topic: string; payload: string }
export type Configured = { device_id: string; config: DeviceConfig; effective_from: number }

/** The sessions (or cycles, or alarms) that a fresh home lists after these messages, oldest first, and what it refused. */
export async function throughTheHome(
  arriving: readonly Arriving[],
  configs: readonly Configured[] = [],
): Promise<{ list(kind: Summary['kind']): Promise<Record<string, unknown>[]>; quarantined: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'pilotline-fleet-'))
  let now = arriving[0]?.received_at ?? 0
  const home = await startEmbedded({
    data: folder,
    mqtt_port: 0,
    http_port: 0,
    clock: () => now,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onFatal: (error) => {
      throw error
    },
  })
  try {
    for (const one of configs) await home.door.admit(configArriving({ ...one, written_at: now }))
    await admitAll(home, arriving, (at) => {
      now = at
    })
    await soon(() => {
      if (home.figures().lag_records > 0) throw new Error('still behind')
    })
    const lists = {
      session: await listed(home, 'session'),
      cycle: await listed(home, 'cycle'),
      alarm: await listed(home, 'alarm'),
    }
    const { quarantined } = await home.reads.counts()
    return { list: async (kind) => (kind === 'too_old' ? [] : lists[kind]), quarantined }
  } finally {
    await home.stop()
    await rm(folder, { recursive: true })
  }
}

const AT_ONCE = 500

async function admitAll(
  home: Embedded,
  arriving: readonly Arriving[],
  setNow: (at: number) => void,
): Promise<void> {
  for (let i = 0; i < arriving.length; i += AT_ONCE) {
    const admitted = arriving.slice(i, i + AT_ONCE).map(({ received_at, topic, payload }) => {
      setNow(received_at)
      return home.door.admit({ source: 'mqtt', topic, payload: new TextEncoder().encode(payload) })
    })
    await Promise.all(admitted)
  }
}

async function listed(home: Embedded, kind: Summary['kind']): Promise<Record<string, unknown>[]> {
  const items: Summary[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await home.reads.summaries({
      kind,
      by: 'all',
      from: 0,
      to: Number.MAX_SAFE_INTEGER,
      limit: 500,
      ...(cursor === undefined ? {} : { cursor }),
    })
    items.push(...page.items)
    if (page.next_cursor === null) return items.reverse().map(({ body }) => body)
    cursor = page.next_cursor
  }
}
