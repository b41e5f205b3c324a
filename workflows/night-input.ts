/** What begins a night on AWS: a person who names the day, or the schedule, which only knows what time it is. */
import { DAY_MS, dayOf } from '../events/archive.ts'
import { BadNight, type NightInput } from './night-ports.ts'

const RUN = /^[\w-]{1,80}$/

/** The same with its day. Steps of one batch have none, and need none. @throws BadNight */
export function withDay<Event extends object>(event: Event): Event & Partial<NightInput> {
  const { run, day, scheduled_at, batch } = event as Partial<NightInput> & {
    scheduled_at?: unknown
    batch?: unknown
  }
  if (typeof run !== 'string' || !RUN.test(run))
    throw new BadNight(`run: ${JSON.stringify(run)} is no name of an execution`)
  if (day !== undefined || batch !== undefined) return event
  const at = typeof scheduled_at === 'string' ? Date.parse(scheduled_at) : Number.NaN
  if (Number.isNaN(at)) throw new BadNight(`scheduled_at: ${JSON.stringify(scheduled_at)} is no time`)
  return { ...event, day: dayOf(at - DAY_MS) }
}
