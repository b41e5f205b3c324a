/** What the process and its night's thread say to each other. */
import type { Logger } from '../events/ports.ts'
import type { Trouble } from './own-bug.ts'

export type NightStart = { data: string; day: string; now: number }

export type FromNight =
  | { kind: 'log'; level: keyof Logger; message: string; fields: Record<string, unknown> }
  | { kind: 'done'; figures: Record<string, number> }
  | { kind: 'failed'; trouble: Trouble }
