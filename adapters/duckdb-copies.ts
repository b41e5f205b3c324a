/** Landed rows that are there already, or twice among what has landed. */
import { type ArchivedRecord, recordOfRow } from '../events/archive.ts'
import { archiveRow } from '../processors/archive-row.ts'
import { openRecord } from '../processors/decode-record.ts'
import { RECORD_SELECT } from './duckdb-columns.ts'
import { type Duck, sqlText } from './duckdb-open.ts'
import { PLACE } from './duckdb-places.ts'

/** `fresh`: landed rows that are no copies, each with its part. Resolves with how many copies there were. */
export async function dropCopies(duck: Duck, parts: number): Promise<number> {
  await duck.run('CREATE TABLE dropped (in_file VARCHAR, file_row_number BIGINT)')
  const [figures] = await duck.rows<{ repeated: number; held: number }>(`
    SELECT count(*) - least(count(DISTINCT identity), count(DISTINCT hash(${PLACE}))) AS repeated,
      (SELECT count(*) FROM held) AS held FROM keys`)
  if ((figures?.repeated ?? 0) > 0) {
    await duck.run(dropAllBut(PLACE, 'in_file, file_row_number'))
    // Of two copies the one that came first counts.
    await duck.run(dropAllBut('identity', `received_at, ${PLACE}`))
  }
  if ((figures?.held ?? 0) > 0) await dropHeld(duck)
  const [dropped] = await duck.rows<{ n: number }>('SELECT count(*) AS n FROM dropped')
  const copies = dropped?.n ?? 0
  const undropped =
    copies > 0 ? '(SELECT * FROM landed ANTI JOIN dropped USING (in_file, file_row_number))' : 'landed'
  const placed = `
    SELECT l.*, p.part FROM ${undropped} l JOIN places p ON p.day = l.event_time::DATE
      AND p.device_id IS NOT DISTINCT FROM l.device_id AND p.station = (l.device_type IS NOT DISTINCT FROM 'station')`
  await duck.run(`CREATE VIEW fresh AS ${parts > 1 ? placed : `SELECT *, 0 AS part FROM ${undropped}`}`)
  return copies
}

/** Landed rows that are no copies as far as is known. */
const UNDROPPED = '(SELECT * FROM keys ANTI JOIN dropped USING (in_file, file_row_number))'

function dropAllBut(one_of: string, first_by: string): string {
  return `
    INSERT INTO dropped SELECT in_file, file_row_number FROM ${UNDROPPED}
    QUALIFY row_number() OVER (PARTITION BY ${one_of} ORDER BY ${first_by}) > 1`
}

/** Landed rows that an earlier night has put in their place: by position, or as copies of what is there. */
async function dropHeld(duck: Duck): Promise<void> {
  await duck.run(`
    INSERT INTO dropped SELECT in_file, file_row_number FROM ${UNDROPPED}
    SEMI JOIN held USING (${PLACE})`)
  await loadHeldIdentities(duck, UNDROPPED)
  await duck.run(`
    INSERT INTO dropped SELECT in_file, file_row_number FROM ${UNDROPPED}
    WHERE identity IN (SELECT identity FROM held_identities)`)
}

export type HeldRow = ArchivedRecord

/** `held_identities`: made again of those held rows that one of these landed ones could be a copy of. */
export async function loadHeldIdentities(duck: Duck, landed: string): Promise<void> {
  const identities: string[] = []
  // As they come: together they may be all that a device has said in a day.
  for await (const row of duck.each<HeldRow>(`
    SELECT ${RECORD_SELECT} FROM held h SEMI JOIN ${landed} l ON l.device_id = h.device_id AND l.reported_timestamp = h.reported_timestamp`))
    identities.push(sqlText(identityOfHeld(row)))
  await duck.run('CREATE OR REPLACE TABLE held_identities (identity UUID)')
  for (let from = 0; from < identities.length; from += 5_000) {
    const values = identities.slice(from, from + 5_000).map((identity) => `(${identity})`)
    await duck.run(`INSERT INTO held_identities VALUES ${values.join(', ')}`)
  }
}

export function identityOfHeld(row: HeldRow): string {
  return archiveRow(openRecord(recordOfRow(row)), () => row.device_id).identity
}
