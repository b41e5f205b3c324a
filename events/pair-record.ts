/** What a pair is told, as it goes on the pair's stream. */
import type { Arriving } from './ports.ts'
import type { PairMessage } from './record.ts'
import { pairTopic } from './topics.ts'

/** `received_at` is that of the member's own record: the pair heard it when its member did. */
export function pairArriving(message: PairMessage, received_at: number): Arriving {
  const payload = new TextEncoder().encode(JSON.stringify(message))
  return { source: 'internal', topic: pairTopic(message.device_id), payload, received_at }
}
