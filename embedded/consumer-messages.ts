/** What the process and its consumer thread say to each other. */
import type { Arriving, Logger } from '../events/ports.ts'
import type { ConsumerStep } from './consumer-loop.ts'
import type { Trouble } from './own-bug.ts'

/** What the thread is started with. */
export type ConsumerStart = { data: string; consumer: string }

export type ToConsumer =
  /** The log has grown. */
  | { kind: 'wake' }
  /** Read what there is and end; after `within_ms` end with the batch in hand. */
  | { kind: 'stop'; within_ms: number }
  /** What the thread had to feed is durable, or was refused, and why. */
  | { kind: 'fed'; feed: number; refusal: string | null }

export type FromConsumer =
  | { kind: 'ready' }
  /** A turn of the loop, and what was counted since the last one. */
  | { kind: 'step'; step: ConsumerStep; counts: Record<string, number> }
  /** For the log, in this order: the process is its only writer. The thread writes nothing until it is answered. */
  | { kind: 'feed'; feed: number; records: Arriving[] }
  | { kind: 'log'; level: keyof Logger; message: string; fields: Record<string, unknown> }
  /** Our own bug; the thread ends behind it. */
  | { kind: 'bug'; trouble: Trouble }
  | { kind: 'stopped'; drained: boolean }
