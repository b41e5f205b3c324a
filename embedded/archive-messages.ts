/** What the process and its archive thread say to each other. */
import type { Logger } from '../events/ports.ts'
import type { Trouble } from './own-bug.ts'

/** What the thread is started with. */
export type ArchiveStart = { data: string; gather_ms: number }

export type FromArchive =
  | { kind: 'ready' }
  | { kind: 'archived'; position: string }
  | { kind: 'log'; level: keyof Logger; message: string; fields: Record<string, unknown> }
  /** Our own bug; the thread ends behind it. */
  | { kind: 'bug'; trouble: Trouble }
