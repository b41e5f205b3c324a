/** The payload of an archive row as SQL makes it of the template and the columns: the same words for DuckDB and for Athena. */
import {
  MARK,
  MOST_DECIMALS,
  READING_PLACES,
  SHORTEST_DECIMALS,
  SLOT_PLACES,
  STAMP_PLACE,
  TEXT_PLACES,
} from './archive-payload.ts'

const WAYS = Array.from({ length: MOST_DECIMALS }, (_, n) => n + 1)

/** What stands at each place. */
function places(): [place: string, written: string][] {
  const texts = Object.entries(TEXT_PLACES).map(([letter, column]): [string, string] => [letter, column])
  const stamp: [string, string] = [STAMP_PLACE, 'CAST(reported_timestamp AS VARCHAR)']
  const readings = Object.entries(READING_PLACES).flatMap(([letter, column]): [string, string][] => [
    [`${letter}0`, `regexp_replace(${decimal(column, SHORTEST_DECIMALS)}, '[.]?0+$', '')`],
    ...WAYS.map((decimals): [string, string] => [`${letter}${decimals}`, decimal(column, decimals)]),
  ])
  const slots = Object.entries(SLOT_PLACES).flatMap(([letter, column]): [string, string][] => [
    [`${letter}0`, `CAST(${column} AS VARCHAR)`],
    ...WAYS.map((decimals): [string, string] => [
      `${letter}${decimals}`,
      `CAST(${column} * ${(10 ** -decimals).toFixed(decimals)} AS VARCHAR)`,
    ]),
    [`${letter}r`, `CAST(reported_timestamp - ${column} AS VARCHAR)`],
    [`${letter}x`, `lower(lpad(to_base(abs(${column}), 16), 8, '0'))`],
  ])
  return [...texts, stamp, ...readings, ...slots]
}

function decimal(column: string, decimals: number): string {
  return `CAST(TRY_CAST(CAST(${column} AS DOUBLE) AS DECIMAL(18, ${decimals})) AS VARCHAR)`
}

/** Of a row of the archive; null where the bytes were no text. */
export const PAYLOAD_SQL = `CASE WHEN template IS NULL THEN payload ELSE ${places().reduce(
  (text, [place, written]) =>
    `replace(${text}, chr(${MARK.charCodeAt(0)}) || '${place}', coalesce(${written}, ''))`,
  'template',
)} END`
