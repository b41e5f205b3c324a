/** The shortest way from a message to what the rules put on the stream. */
import { ingestRules } from '../../infra/ingest-rule-list.ts'
import { publishToRules, type StreamPut } from './rule-engine.ts'

export const NOW = 1_704_067_200_123
export const RULES = ingestRules('pilotline-test-')
export const EVSE_TOPIC = 'ev/evse/RAK4630_001/telemetry'

export type StreamRecord = {
  payload_base64: string
  topic: string
  source: string
  received_at: number
  ttl: number
  verdict: string
}

/** A value is published as its JSON, a text and bytes as they are. */
export function payloadOf(message: unknown): Uint8Array {
  if (message instanceof Uint8Array) return message
  return new TextEncoder().encode(typeof message === 'string' ? message : JSON.stringify(message))
}

export function putsOf(
  message: unknown,
  topic = EVSE_TOPIC,
  undecodable: 'null' | 'text' = 'text',
): StreamPut[] {
  return publishToRules(RULES, { topic, payload: payloadOf(message), now: NOW, undecodable })
}

export function recordOf(put: StreamPut | undefined): StreamRecord {
  return JSON.parse(new TextDecoder().decode(put?.data)) as StreamRecord
}

export function verdictOf(message: unknown, topic?: string): string {
  return recordOf(putsOf(message, topic)[0]).verdict
}

export function keyOf(message: unknown, topic?: string): string | undefined {
  return putsOf(message, topic)[0]?.partition_key
}
