/** What the functions on AWS count and measure, named once; the unit is in the name, and is a count where it has none. */

export const METRICS = {
  /** Of the processor, for every batch that has any. */
  records: 'records read, of whatever kind',
  events: 'events kept for the first time',
  decided: 'rows that charts decided',
  duplicates: 'events that were known already',
  late: 'events whose place in the fold had passed when they came',
  too_old: 'what came too late to be folded, and is listed for a replay of the archive',
  disagreed: 'what a device said of its sessions or cycles, where the chart says otherwise',
  quarantined: 'records that are bad in themselves',
  pairs_fed: 'records that a device on a circuit put on its pair’s stream',
  time_syncs_sent: 'devices that were told the time, because their clock was not set',
  batches_failed: 'batches that come again, because infrastructure is unwell',
  charts_upgraded: 'charts of devices that have come to a newer version',
  held_for_newer_code: 'batches that wait at a record whose device has a state that newer code made',
  slow_steps:
    'steps of charts that xstate ran, because the compiled tables do not hold them: a tenth as fast',
  lag_ms: 'how long the oldest record of the batch had been on the stream',
  clock_offset_ms: 'how far the clock that is most wrong of those heard in the batch is off, either way',
  /** Of the sweep, every minute. */
  devices_swept: 'silent devices whose stream was told that time has passed',
  /** Of the archive, for every batch. */
  archived: 'records that are in landing files',
  archive_batches_failed: 'batches that come again, because the bucket does not take them',
  archive_lag_ms: 'how long the oldest record of the batch had been on the stream',
  /** Of what watches over what the hot store forgets. */
  expired: 'rows of what was said or configured whose time was over',
  expired_unarchived: 'of these, rows that were not in the archive, and were written there',
  /** Of the night. */
  night_rows: 'rows that had landed',
  landing_files_set_aside: 'landing files that cannot be read',
  partitions_written: 'files that were put in their place',
  rows_compacted: 'rows in them',
  copies_dropped: 'rows that were copies',
  month_files: 'files of months that were to be written',
  month_files_written: 'of these, files that were put in their place',
  days_files_put_together: 'small files of days that went into them',
  rows_put_together: 'rows in them',
  nights_not_well: 'nights in which a batch or a month’s file failed, or a record was missing',
} as const

export type MetricName = keyof typeof METRICS
