/** A series of messages through the clock, as tests write it. */
import { type ClockState, newClock, placeInTime } from '../../events/clock.ts'

export const T0 = 1_704_067_200_000
export const MINUTE = 60_000

/** A message: what it claims (uptime or epoch), when it came in, and its uptime where it carries both. */
export type Message = { claims: number; at: number; uptime?: number; history?: boolean }

export const stamped = ({ claims, uptime }: Message) => ({
  reported_timestamp: claims,
  ...(uptime === undefined ? {} : { uptime_ms: uptime }),
})

/** Places a series, each message new, from a clock that knows nothing. */
export function place(...messages: Message[]) {
  return placeFrom(newClock(), ...messages)
}

export function placeFrom(start: ClockState, ...messages: Message[]) {
  let clock = start
  const placed = messages.map((message) => {
    const { clock: next, ...rest } = placeInTime(clock, stamped(message), message.at, {
      history: message.history ?? false,
    })
    clock = next
    return rest
  })
  return {
    clock,
    placed,
    times: placed.map(({ event_time }) => event_time),
    boots: placed.map(({ boot }) => boot),
    moved: placed.map(({ moved }) => moved),
  }
}
