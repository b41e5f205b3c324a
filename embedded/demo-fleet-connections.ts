/** One MQTT connection a device, as real ones have: what it publishes is kept and sent again until it is acknowledged. */
import { connect, type MqttClient } from 'mqtt'
import type { DeviceType } from '../events/event.ts'
import { downlinkTopic } from '../events/topics.ts'
import type { FleetEvent } from '../firmware-model/fleet-event.ts'

/** As much of a device as a connection needs. */
type Connected = { sim: { device_id: string; device_type: DeviceType } }

export type DemoConnections = {
  /** Resolves when the first device is connected; rejects when `signal` is aborted, with what went wrong last. */
  answered(signal: AbortSignal): Promise<void>
  /** Resolves when every device is connected; rejects when `signal` is aborted. */
  connected(signal: AbortSignal): Promise<void>
  publish(events: FleetEvent[]): void
  /** Resolves when everything published so far has been acknowledged; rejects when `signal` is aborted. */
  acknowledged(signal: AbortSignal): Promise<void>
  end(): void
}

/** A device that is refused or cut off tries again so often. */
const RECONNECT_MS = 1_000

/** `onTimeSync` is called with the epoch that a device has been told. */
export function connectFleet<Member extends Connected>(
  mqtt_url: string,
  members: readonly Member[],
  onTimeSync: (member: Member, epoch_ms: number) => void,
): DemoConnections {
  const clients = new Map(
    members.map((member) => [member.sim.device_id, connectDevice(mqtt_url, member, onTimeSync)]),
  )
  let trouble = ''
  for (const { client } of clients.values()) client.on('error', (error) => (trouble = describe(error)))
  const ready = Promise.all([...clients.values()].map(({ ready }) => ready))
  const unacknowledged = new Set<Promise<unknown>>()

  function publishOne({ device_id, topic, payload }: FleetEvent): void {
    const client = clients.get(device_id)?.client
    if (!client) return
    // Rejected only when the connection is ended on purpose; then the message is sent again by the next start.
    const sent = client.publishAsync(topic, payload, { qos: 1 }).catch(() => undefined)
    unacknowledged.add(sent)
    void sent.then(() => unacknowledged.delete(sent))
  }

  return {
    answered: async (signal) => {
      const first = Promise.race([...clients.values()].map(({ ready }) => ready))
      await orAborted(first, signal).catch(() => {
        throw new Error(trouble || 'no answer')
      })
    },
    connected: async (signal) => {
      await orAborted(ready, signal)
    },
    publish: (events) => events.forEach(publishOne),
    acknowledged: async (signal) => {
      await orAborted(Promise.all(unacknowledged), signal)
    },
    end: () => {
      for (const { client } of clients.values()) client.end(true)
    },
  }
}

function connectDevice<Member extends Connected>(
  mqtt_url: string,
  member: Member,
  onTimeSync: (member: Member, epoch_ms: number) => void,
): { client: MqttClient; ready: Promise<void> } {
  const { device_id, device_type } = member.sim
  const client = connect(mqtt_url, { protocolVersion: 4, clientId: device_id, reconnectPeriod: RECONNECT_MS })
  client.on('error', () => undefined)
  client.on('message', (_topic, bytes) => {
    const epoch_ms = timeSyncOf(bytes)
    if (epoch_ms !== null) onTimeSync(member, epoch_ms)
  })
  const ready = new Promise<void>((resolve) => {
    client.on('connect', () => {
      client.subscribe(downlinkTopic(device_type, device_id), { qos: 1 }, () => resolve())
    })
  })
  return { client, ready }
}

/** Of an address with several tries, what the first came to. */
function describe(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : [error]
  return (first as Error).message
}

/** The epoch of a time sync, null for any other command. */
function timeSyncOf(bytes: Uint8Array): number | null {
  try {
    const command = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      cmd?: unknown
      epoch_ms?: unknown
    } | null
    return command?.cmd === 'time_sync' && Number.isSafeInteger(command.epoch_ms)
      ? Number(command.epoch_ms)
      : null
  } catch {
    return null
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
