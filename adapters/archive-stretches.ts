/** Stretches of the log, each of which is read and sorted by itself. */
import type { LogPlace } from '../events/archive-position.ts'

/** A place in the log, as a row of the archive has it. Records that their ticks alone tell apart stay together. */
export type RowPlace = Pick<LogPlace, 'log_segment' | 'log_offset'>

/**
 * A file with wanted rows in it: how many, no segment and no offset of them below the first and above the last. One that
 * has rows of several shards may be told of once for each.
 */
export type SurveyedFile = { name: string; rows: number; first: RowPlace; last: RowPlace }

/** `within` is its condition on rows; `names` are the files that have any of it. */
export type Stretch = { names: string[]; within: string }

/**
 * Rows of a stretch, at least: the files of a day are read together. What came in late lies with its day and far behind
 * it in the log, so that a file may be in many stretches; it is looked through for each, and the rest of it left alone.
 */
const ROWS = 1_000_000

type Day = { first: RowPlace; rows: number }

export function stretchesOf(files: readonly SurveyedFile[], rows = ROWS): Stretch[] {
  if (files.length === 0) return []
  const segments = new Set(files.flatMap(({ first, last }) => [first.log_segment, last.log_segment]))
  const compare = segments.size > 1 ? byBoth : byOffset
  const days = [...Map.groupBy(files, (file) => `${dayOf(file)} ${segmentOf(file)}`).values()]
    .map(
      (of): Day => ({
        first: of.map(({ first }) => first).reduce((a, b) => (compare(b, a) < 0 ? b : a)),
        rows: of.reduce((sum, one) => sum + one.rows, 0),
      }),
    )
    .sort((a, b) => compare(a.first, b.first))
  const cuts: RowPlace[] = []
  let gathered = 0
  for (const { first, rows: more } of days) {
    const isNew = compare(first, cuts.at(-1) ?? (days[0] as Day).first) > 0
    if (gathered >= rows && isNew) {
      cuts.push(first)
      gathered = 0
    }
    gathered += more
  }
  return [null, ...cuts].map((from, n): Stretch => {
    const to = cuts[n] ?? null
    const isIn = ({ first, last }: SurveyedFile) =>
      (!from || compare(last, from) >= 0) && (!to || compare(first, to) < 0)
    const conditions = [...(from ? [sql('>=', from)] : []), ...(to ? [sql('<', to)] : [])]
    return {
      names: [...new Set(files.filter(isIn).map(({ name }) => name))],
      within: conditions.join(' AND ') || 'true',
    }
  })

  function sql(than: '>=' | '<', place: RowPlace): string {
    return compare === byOffset ? `log_offset ${than} ${place.log_offset}` : placeSql(than, place)
  }
}

/** The conditions of the parts of a stretch that is cut at these places, in their order. */
export function partsAt(within: string, cuts: readonly RowPlace[]): string[] {
  return [null, ...cuts].map((from, n) => {
    const to = cuts[n]
    return [within, ...(from ? [placeSql('>=', from)] : []), ...(to ? [placeSql('<', to)] : [])].join(' AND ')
  })
}

function placeSql(than: '>=' | '<', { log_segment, log_offset }: RowPlace): string {
  const segment = `'${log_segment.replaceAll("'", "''")}'`
  return `(log_segment ${than.charAt(0)} ${segment} OR (log_segment = ${segment} AND log_offset ${than} ${log_offset}))`
}

/** The day in a file's name. */
function dayOf({ name }: SurveyedFile): string {
  return (
    /\d{4}\/\d\d(?:\/\d\d)?|year=\d+\/month=\d+(?:\/day=\d+)?/.exec(name)?.[0].replace(/[a-z]+=/g, '') ?? ''
  )
}

function byOffset(a: RowPlace, b: RowPlace): number {
  return a.log_offset - b.log_offset
}

function byBoth(a: RowPlace, b: RowPlace): number {
  if (a.log_segment === b.log_segment) return byOffset(a, b)
  return a.log_segment < b.log_segment ? -1 : 1
}

/** That of all its rows, where they have one. */
function segmentOf({ first, last }: SurveyedFile): string {
  return first.log_segment === last.log_segment ? first.log_segment : ''
}
