/** A case in which two runners disagree, cut smaller for as long as they still do. */
import type { Case } from './campaign.ts'
import { isCode, type Source } from './machine-source.ts'

/** Each try builds a machine; a case is as small as this many tries make it. */
const MOST_TRIES = 3000

export function shrunk(found: Case, fails: (one: Case) => boolean): Case {
  let best = found
  let tries = 0
  const better = (smaller: Iterable<Case>) => {
    for (const one of smaller) {
      if (tries++ >= MOST_TRIES) return false
      if (!stillFails(one, fails)) continue
      best = one
      return true
    }
    return false
  }
  while (better(withFewerMoves(best)) || better(withSmallerSource(best)));
  return best
}

/** A machine that cannot be built any more is no smaller case. */
function stillFails(one: Case, fails: (one: Case) => boolean): boolean {
  try {
    return fails(one)
  } catch {
    return false
  }
}

function* withFewerMoves(one: Case): Generator<Case> {
  const { moves } = one
  for (let kept = 0; kept < moves.length; kept = kept * 2 + 1) yield { ...one, moves: moves.slice(0, kept) }
  for (let i = 0; i < moves.length; i++) yield { ...one, moves: moves.toSpliced(i, 1) }
  for (const [i, { event, from }] of moves.entries())
    if (from) yield { ...one, moves: moves.with(i, { event }) }
}

function* withSmallerSource(one: Case): Generator<Case> {
  for (const source of smaller(one.source)) yield { ...one, source }
}

/** The whole without one of its parts, the outermost parts first. */
function* smaller(source: Source): Generator<Source> {
  if (typeof source !== 'object' || source === null || isCode(source)) return
  if (Array.isArray(source)) {
    for (let i = 0; i < source.length; i++) yield source.toSpliced(i, 1)
    for (const [i, inner] of source.entries()) for (const less of smaller(inner)) yield source.with(i, less)
    return
  }
  for (const key of Object.keys(source)) {
    // Without its bound a machine may go round for ever.
    if (key === 'options') continue
    const { [key]: _, ...others } = source
    yield others
  }
  for (const [key, inner] of Object.entries(source))
    for (const less of key === 'options' ? [] : smaller(inner)) yield { ...source, [key]: less }
}
