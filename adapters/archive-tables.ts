/** Columns of the tables that nights make beside the events, by their types in SQL; and what types are called elsewhere. */

const THING = {
  id: 'VARCHAR',
  device_id: 'VARCHAR',
  location: 'VARCHAR',
  started_at: 'BIGINT',
  ended_at: 'BIGINT',
  day: 'VARCHAR',
} as const

export type SqlType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'TIMESTAMP' | 'BOOLEAN' | 'DATE'
export type TableColumns = Record<string, SqlType>

export const ENERGY_COLUMNS = {
  device_id: 'VARCHAR',
  location: 'VARCHAR',
  starts_at: 'BIGINT',
  ends_at: 'BIGINT',
  day: 'VARCHAR',
  timezone: 'VARCHAR',
  delivered_kwh: 'DOUBLE',
  consumed_kwh: 'DOUBLE',
  sessions: 'BIGINT',
  cycles: 'BIGINT',
  charging_s: 'DOUBLE',
  cycle_s: 'DOUBLE',
  peak_power_kw: 'DOUBLE',
  split: 'VARCHAR',
} as const satisfies TableColumns

export const SESSION_COLUMNS = {
  ...THING,
  device_session_id: 'VARCHAR',
  energy_kwh: 'DOUBLE',
  energy_confidence: 'VARCHAR',
  charging_s: 'DOUBLE',
  peak_power_kw: 'DOUBLE',
  end_reason: 'VARCHAR',
} as const satisfies TableColumns

export const CYCLE_COLUMNS = {
  ...THING,
  mode: 'VARCHAR',
  duration_hours: 'DOUBLE',
  energy_consumed_kwh: 'DOUBLE',
  end_reason: 'VARCHAR',
} as const satisfies TableColumns
