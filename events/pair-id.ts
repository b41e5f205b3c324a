/** What a pair is called: by its location and its circuit, so that its id follows from the configurations of its members. */
import { MAX_DEVICE_ID_CHARACTERS, PAIR_PREFIX } from './device-id.ts'
import { hashOf } from './hash.ts'

/** `pair:{location}:{circuit}`, each percent-encoded; a hash of both where that is more than an id may have. */
export function pairId(location: string, circuit: string): string {
  if (location.isWellFormed() && circuit.isWellFormed()) {
    const id = `${PAIR_PREFIX}${encodeURIComponent(location)}:${encodeURIComponent(circuit)}`
    if (id.length <= MAX_DEVICE_ID_CHARACTERS) return id
  }
  // Without a second colon, which every readable one has. JSON spells what is not well-formed, too.
  return PAIR_PREFIX + hashOf([JSON.stringify([location, circuit])])
}
