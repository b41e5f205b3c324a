/** Where an import goes: how it gets in, and how one learns what became of it. */
import type { ImportPorts } from '../processors/import-ports.ts'

/** What the processor made of what came in, as far as this import knows it. */
export type Processed = {
  events: number
  duplicates: number
  late: number
  quarantined: number
}

export type ImportTarget = ImportPorts & {
  /** Resolves when what has entered has been processed; with null where another process does that. `onRecords` hears how far it is. */
  finish(onRecords: (records: number) => void): Promise<Processed | null>
  close(): Promise<void>
}

/** The target cannot be used; nothing has entered. The message is one line for a person. */
export class TargetRefused extends Error {}
/** It could be used and then no longer: some rows may have entered. The message is one line for a person. */
export class ImportBroken extends Error {}
