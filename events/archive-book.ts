/** How far the archive has come, where a home keeps that itself. */

/**
 * `archived`: everything up to this position of the log is in landing files or beyond. `confirmed`: a night has
 * compared everything up to it with the log, and nothing was missing. `aggregated`: energy of hours that end at or
 * before this moment (epoch ms as text) is in the aggregates.
 * `night`: the day of the last night that was well. `confirmed:…`: the same as `confirmed`, of one shard of a log that has
 * several. `months`: before this month (`2026-10`) no small files of days wait for being put together.
 */
export type ArchiveMark = 'archived' | 'confirmed' | 'aggregated' | 'night' | 'months' | `confirmed:${string}`

export type ArchiveBook = {
  /** '' where there is none yet. */
  mark(name: ArchiveMark): Promise<string>
  putMark(name: ArchiveMark, position: string): Promise<void>
}
