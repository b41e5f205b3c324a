/** The night's first step: what has landed, how much it is, and in how many batches it is taken on. */
import { arrivalDay, DAY_MS, dayPath, dayStart, LANDING, SET_ASIDE, STAGING } from '../events/archive.ts'
import { monthFolder, monthOf, readMonthFile } from '../events/archive-months.ts'
import { type DayLayout, MOST_OWN_FOLDERS, readPlace, SHARED_FILES } from '../events/archive-places.ts'
import { BadNight, type NightInput, type NightPlan, type NightPorts, type Survey } from './night-ports.ts'
import { putPlan, totalBytes } from './staging.ts'

/** Rows that one batch should have: some hundred megabytes while it is sorted, which fit in memory. */
const BATCH_ROWS = 250_000
/** How long their texts may be: what differs from row to row has to be in memory too. */
const BATCH_BYTES = 96 * 1024 * 1024

export type Planned = { rows: number; spread: boolean; batches: { run: string; batch: number }[] }

/** @throws BadNight for a day that there is not, or that is not over */
export async function planNight({ run, day }: NightInput, ports: NightPorts): Promise<Planned> {
  checkDay(day, ports.now())
  const { files, engine, logger, metrics } = ports
  await clearStaging(ports)
  const landed = (await files.list(LANDING)).filter(({ name }) => arrivalDay(name) <= day)
  const survey = await engine.survey(landed.map(({ name }) => name))
  await setAside(survey, ports)
  const bad = new Set(survey.damaged.map(({ name }) => name))
  const batches = survey.rows === 0 ? 0 : batchesFor(survey.rows, totalBytes(survey.sums), ports.batch_rows)
  const plan: NightPlan = {
    run,
    day,
    landing: landed.map(({ name }) => name).filter((name) => !bad.has(name)),
    rows: survey.rows,
    batches,
    layouts: await layoutsOf(survey, ports),
    sums: survey.sums,
    empty: survey.empty,
    set_aside: survey.damaged,
  }
  await putPlan(files, plan)
  metrics.gauge('night_rows', survey.rows)
  logger.info('the night is planned', { day, files: plan.landing.length, rows: survey.rows, batches })
  return {
    rows: survey.rows,
    spread: batches > 1,
    batches: Array.from({ length: batches }, (_, batch) => ({ run, batch })),
  }
}

/** @throws BadNight */
export function checkDay(day: string, now: number): void {
  const from = dayStart(day)
  if (from === null) throw new BadNight(`day: ${JSON.stringify(day)} is no date such as 2026-11-20`)
  if (from > now) throw new BadNight(`day: ${JSON.stringify(day)} is in the future`)
  if (from + DAY_MS > now) throw new BadNight(`day: ${JSON.stringify(day)} is not over yet (in UTC)`)
}

/** Powers of two, so that every shared file is in one batch. */
export function batchesFor(rows: number, bytes = 0, batch_rows = BATCH_ROWS): number {
  let batches = 1
  while (batches < SHARED_FILES && (rows / batches > batch_rows || bytes / batches > BATCH_BYTES))
    batches *= 2
  return batches
}

/** What an earlier run left: nothing of it counts. */
async function clearStaging({ files }: NightPorts): Promise<void> {
  const left = await files.list(STAGING)
  await files.remove(left.map(({ name }) => name))
}

/** A damaged file keeps nobody from the rest; it lies where a person can look at it, with its error. */
async function setAside({ damaged }: Survey, { files, logger, metrics }: NightPorts): Promise<void> {
  for (const { name, error } of damaged) {
    const to = SET_ASIDE + name.slice(LANDING.length)
    await files.put(`${to}.error.txt`, new TextEncoder().encode(`${error}\n`))
    await files.move(name, to)
    metrics.count('landing_files_set_aside')
    logger.error('a landing file cannot be read and is set aside', { name, error })
  }
}

/** A day keeps the layout that it has, or had before its month was put together. */
async function layoutsOf({ days }: Survey, ports: NightPorts): Promise<Record<string, DayLayout>> {
  const layouts: Record<string, DayLayout> = {}
  const untold: string[] = []
  for (const { day, devices } of days) {
    const there = (await ports.files.list(`${dayPath(day)}/`)).flatMap(({ name }) => readPlace(name) ?? [])
    const shared = there.some(({ part }) => /^shared=\d/.test(part))
    const own = there.some(({ part }) => !part.includes('='))
    layouts[day] = shared || (!own && devices > MOST_OWN_FOLDERS) ? 'shared' : 'own'
    if (!shared && !own) untold.push(day)
  }
  for (const month of new Set(untold.map(monthOf)))
    Object.assign(layouts, await layoutsInMonth(untold, month, ports))
  return layouts
}

/** Of one file after the other, until all is told: each has rows of most days. */
async function layoutsInMonth(
  untold: readonly string[],
  month: string,
  { files, engine }: NightPorts,
): Promise<Record<string, DayLayout>> {
  const told: Record<string, DayLayout> = {}
  const asked = untold.filter((day) => monthOf(day) === month)
  for (const { name } of await files.list(monthFolder('events', month))) {
    if (!readMonthFile(name)) continue
    const found = await engine.layouts([name])
    for (const day of asked) if (found[day]) told[day] = found[day]
    if (asked.every((day) => told[day])) break
  }
  return told
}
