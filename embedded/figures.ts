/** What the process shows of itself: the live line, the summary in the log, and `/health` read the same figures. */

export type Figures = {
  /** Since the start: records made durable at the front door. */
  records_in: number
  /** Records refused at the front door: the log was full or failing. */
  records_refused: number
  /** What the consumer made of records, since the start. */
  events: number
  decided: number
  late: number
  duplicates: number
  quarantined: number
  lag_records: number
  lag_s: number
  mqtt_connections: number
  /** What is wrong at the moment, in words; empty when all is well. */
  troubles: string[]
}
