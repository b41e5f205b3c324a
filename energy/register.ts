/**
 * What a cumulative register says of one session: the sum of its rises over segments (DESIGN §6).
 *
 * A register is session-long or lifelong, restarts at 0, drops out and comes back, or jumps; nobody says which.
 * What decides is what could have flowed. Plain data, never changed in place.
 */
import { asRead, DUST_KWH, type EnergyLimits, mostEnergy } from './limits.ts'

/** The last register reading before a session, if there ever was one. */
export type RegisterBefore = { kwh: number; at: number } | null

export type RegisterTrack = {
  /** Energy of finished segments. */
  closed_kwh: number
  /** What the open segment counts from; null until there is a reading to count from. */
  base_kwh: number | null
  /** Where the open segment stands. */
  last_kwh: number
  /** When it first stood there: a register may be read more often than it is renewed. */
  moved_at: number
  /** When the register was last read. */
  seen_at: number
  /** What could have flowed until `moved_at` and was not claimed. */
  spare_kwh: number
  /** While the segment has shown nothing but 0: whether that 0 is believed. */
  zero: Zero | null
  /** A reading of this session was seen, be it only the opening one. */
  shown: boolean
  /** A reading came after the one that energy is counted from. */
  measured: boolean
  disputed: boolean
}

/** `held` is the value that the register may turn out to continue from, and since when energy may have flowed on it. */
type Zero = { expects: 'zero' | 'held'; held: { kwh: number; at: number } | null }

/**
 * One step of a 10 Wh register. Two readings of one second may lie on both sides of a step, which no power explains;
 * and a last digit that wavers is no fall.
 */
export const REGISTER_STEP_KWH = 0.01
/** A register is often read late: what it could have claimed a minute ago it may claim now. */
const LATE_MS = 60_000

/** The register at the beginning of a session. The opening reading is a baseline at most, never a rise. */
export function openRegister(
  opening: { at: number; register_kwh?: number },
  of: { announced: boolean; before: RegisterBefore },
): RegisterTrack {
  const { at } = opening
  const shown_kwh = readable(opening.register_kwh)
  const before_kwh = readable(of.before?.kwh)
  // Nothing flows between sessions, so a rise over the reading before this one began with it.
  const before = before_kwh === undefined ? null : { kwh: before_kwh, at }
  const track: RegisterTrack = {
    closed_kwh: 0,
    base_kwh: 0,
    last_kwh: 0,
    moved_at: at,
    seen_at: at,
    spare_kwh: REGISTER_STEP_KWH,
    zero: null,
    shown: shown_kwh !== undefined,
    measured: false,
    disputed: false,
  }
  if (of.announced)
    return { ...track, zero: { expects: 'zero', held: shown_kwh ? { kwh: shown_kwh, at } : before } }
  if (shown_kwh) return { ...track, base_kwh: shown_kwh, last_kwh: shown_kwh }
  if (shown_kwh === 0) return { ...track, zero: { expects: 'zero', held: before } }
  return before ? { ...track, zero: { expects: 'held', held: before } } : { ...track, base_kwh: null }
}

/** The device announced a start: from `at` on its register counts from 0, unless what follows could not have flowed. */
export function restartRegister(track: RegisterTrack, at: number): RegisterTrack {
  const standing = track.base_kwh === null ? null : { kwh: track.last_kwh, at: track.moved_at }
  const held = track.zero ? track.zero.held : standing
  return {
    ...closed(track),
    base_kwh: 0,
    last_kwh: 0,
    moved_at: at,
    seen_at: at,
    zero: { expects: 'zero', held },
  }
}

/** One more reading, no earlier than the last. */
export function readRegister(
  track: RegisterTrack,
  register_kwh: number,
  at: number,
  limits: EnergyLimits,
): RegisterTrack {
  const kwh = readable(register_kwh)
  if (kwh === undefined) return track
  const next = moved(track, kwh, at, limits)
  // An exact repeat says nothing new, and the same value at another time says that nothing flowed.
  const measured = next === track ? track.measured || at > track.seen_at : next.measured
  return { ...next, seen_at: at, shown: true, measured }
}

/** Energy so far; null where the register has not said it by `heard_at`: one reading alone measures only its own moment. */
export function registerEnergy(track: RegisterTrack, heard_at: number): number | null {
  if (!track.measured && !(track.shown && track.seen_at === heard_at)) return null
  return asRead(closed(track).closed_kwh)
}

/** The track itself where the reading moves nothing. */
function moved(track: RegisterTrack, kwh: number, at: number, limits: EnergyLimits): RegisterTrack {
  if (track.base_kwh === null) return rebase(track, kwh, at, limits)
  if (track.zero) return leaveZero(track, track.zero, kwh, at, limits)
  return follow(track, kwh, at, limits)
}

function follow(track: RegisterTrack, kwh: number, at: number, limits: EnergyLimits): RegisterTrack {
  const { last_kwh, moved_at, seen_at } = track
  if (kwh === last_kwh) return track
  if (kwh > last_kwh)
    return rise(track, last_kwh, kwh, moved_at, at, limits) ?? rebase(track, kwh, at, limits)
  // Of two readings of one instant nobody knows which came first: the higher stands.
  if (at <= seen_at || !hasFallen(last_kwh, kwh)) return track
  const held = { kwh: last_kwh, at: moved_at }
  const fallen = { ...closed(track), base_kwh: 0, last_kwh: 0, measured: true }
  // Straight after the opening reading it is the reset that the opening message came too early for; later, a dropout.
  const expects = track.measured ? 'held' : 'zero'
  if (kwh === 0) return { ...fallen, moved_at: at, zero: { expects, held } }
  // It fell after it was last seen, so only what flowed since then can be on it.
  return rise(fallen, 0, kwh, seen_at, at, limits) ?? rebase(track, kwh, at, limits)
}

function leaveZero(
  track: RegisterTrack,
  zero: Zero,
  kwh: number,
  at: number,
  limits: EnergyLimits,
): RegisterTrack {
  const { expects, held } = zero
  // The first thing that this session shows is 0: the register fell before it began.
  if (kwh === 0)
    return track.shown || expects === 'zero' ? track : { ...track, zero: { expects: 'zero', held } }
  // Whatever the message of the start still showed, another one of that instant may show it too.
  if (expects === 'zero' && at <= track.moved_at && kwh === held?.kwh) return track
  const continued = () =>
    held && !hasFallen(held.kwh, kwh) ? rise(track, held.kwh, kwh, held.at, at, limits) : null
  const restarted = () => rise(track, 0, kwh, track.moved_at, at, limits)
  const left = expects === 'zero' ? (restarted() ?? continued()) : (continued() ?? restarted())
  return left ?? rebase(track, kwh, at, limits)
}

/** The register stands at `to`, counted from `from`; null where more rose than could have flowed since `since`. */
function rise(
  track: RegisterTrack,
  from: number,
  to: number,
  since: number,
  at: number,
  limits: EnergyLimits,
): RegisterTrack | null {
  const could_kwh = spareAt(track, since, at, limits)
  const spare_kwh = could_kwh - Math.max(0, to - from)
  if (spare_kwh < -DUST_KWH) return null
  const base_kwh = track.zero ? from : track.base_kwh
  const last_kwh = Math.max(from, to)
  return { ...track, base_kwh, last_kwh, moved_at: at, spare_kwh, zero: null, measured: true }
}

/**
 * What the register shows is not energy: count from there. Where it is the session's first reading, that is a lifetime
 * register and no more; where it is not, the session's own readings contradict each other.
 */
function rebase(track: RegisterTrack, kwh: number, at: number, limits: EnergyLimits): RegisterTrack {
  const spare_kwh = spareAt(track, track.moved_at, at, limits)
  const { shown } = track
  const base = { base_kwh: kwh, last_kwh: kwh, moved_at: at, spare_kwh, zero: null }
  return { ...closed(track), ...base, measured: shown, disputed: shown }
}

/**
 * What may be claimed at `at`: what flowed since then at most, and what was left. Only rises use it up and only time
 * fills it, so that no session has more than could have flowed and one step, however often its register was read.
 */
function spareAt(track: RegisterTrack, since: number, at: number, limits: EnergyLimits): number {
  const late_kwh = REGISTER_STEP_KWH + mostEnergy(LATE_MS, limits)
  const left_kwh = at > since ? Math.min(track.spare_kwh, late_kwh) : track.spare_kwh
  return left_kwh + mostEnergy(at - since, limits)
}

function closed(track: RegisterTrack): RegisterTrack {
  return { ...track, closed_kwh: track.closed_kwh + track.last_kwh - (track.base_kwh ?? track.last_kwh) }
}

function hasFallen(from: number, to: number): boolean {
  return to < from && !(to > REGISTER_STEP_KWH && from - to <= REGISTER_STEP_KWH + DUST_KWH)
}

/** No register counts below nothing: a negative reading is none. JSON can say −0, and cannot keep it: plus 0 it is 0. */
function readable(kwh: number | undefined): number | undefined {
  return kwh !== undefined && kwh >= 0 ? kwh + 0 : undefined
}
