/** What a model's names become where they name files, variables, states and actions. */

/** `motorDetectorModel` → `motor-detector-model`. */
export function kebab(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').match(/[A-Za-z0-9]+/g) ?? ['detector']
  const joined = words.join('-').toLowerCase()
  return /^[a-z]/.test(joined) ? joined : `detector-${joined}`
}

/** `motor-detector-model` → `motorDetectorModel`. */
export function camel(kebabed: string): string {
  return kebabed.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** A name that is not taken yet, by a number behind it; takes it. */
export function free(taken: Set<string>, name: string): string {
  let tried = name
  for (let n = 2; taken.has(tried); n++) tried = `${name} (${n})`
  taken.add(tried)
  return tried
}

/** At most so long, on one line. */
export function brief(text: string, most = 72): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

/** The name of an `after`: a timer's own, unless it would be taken for a number. */
export function delayName(timer: string): string {
  return /^[\d.]+$/.test(timer) ? `timer ${timer}` : timer
}

/** The state in which the chart waits for a timer. */
export function waitingState(timer: string): string {
  return `${timer.replace(/[^\w-]+/g, '_')}_runs`
}
