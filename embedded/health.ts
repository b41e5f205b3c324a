/** How the process is, out of its parts: for people in words, for the API by name. */
import type { Counters } from '../adapters/counters.ts'
import type { Health } from '../api/ports.ts'
import type { Broker } from './broker.ts'
import type { Figures } from './figures.ts'
import type { EmbeddedFrontDoor } from './front-door.ts'
import type { LagMeter } from './lag.ts'

export type HealthSources = {
  metrics: Counters
  door: Pick<EmbeddedFrontDoor, 'status'>
  lag: Pick<LagMeter, 'records' | 'seconds'>
  /** Consecutive failures of the consumer; its place in the log; why it waits for newer code, if it does. */
  consumer: { failures: number; position: string; held: string | null }
  broker: Pick<Broker, 'connections'>
}

export function healthOf({ metrics, door, lag, consumer, broker }: HealthSources): Health {
  const { failures, position, held } = consumer
  const state = held ? 'held' : failures > 0 ? 'retrying' : 'well'
  return {
    front_door: door.status(),
    consumer: { state, failures, position, ...(held && { reason: held }) },
    lag: { records: lag.records(), seconds: Math.round(lag.seconds() * 100) / 100 },
    mqtt: { connections: broker.connections() },
    counters: metrics.counts(),
  }
}

export function figuresOf({ metrics, door, lag, consumer, broker }: HealthSources): Figures {
  const { state, admitted, refused } = door.status()
  return {
    records_in: admitted,
    records_refused: refused,
    events: metrics.total('events'),
    decided: metrics.total('decided'),
    late: metrics.total('late'),
    duplicates: metrics.total('duplicates'),
    quarantined: metrics.total('quarantined'),
    lag_records: lag.records(),
    lag_s: lag.seconds(),
    mqtt_connections: broker.connections(),
    troubles: [
      ...(state === 'full' ? ['the disk is full, new messages are refused'] : []),
      ...(state === 'failing' ? ['the log fails, new messages are refused'] : []),
      ...consumerTroubles(consumer),
    ],
  }
}

function consumerTroubles({ failures, held }: HealthSources['consumer']): string[] {
  if (held) return ['processing waits: a newer version of this program made the data, start that one']
  return failures > 0 ? [`the store fails, try ${failures + 1} is coming`] : []
}
