/** A log that a flood cannot fill: of one message so many lines in a while, then how many more there were. */
import type { Logger } from '../events/ports.ts'

const LINES = 10
const WINDOW_MS = 10_000

/** Each message text is bounded by itself: a thousand quarantined records leave the one failing disk readable. */
export function createSparingLogger(logger: Logger, window_ms: number = WINDOW_MS): Logger {
  const said = new Map<string, number>()

  function bounded(level: keyof Logger): Logger['info'] {
    return (message, fields) => {
      const before = said.get(message)
      said.set(message, (before ?? 0) + 1)
      if (before === undefined) setTimeout(() => endWindow(level, message), window_ms).unref()
      if ((before ?? 0) < LINES) logger[level](message, fields)
    }
  }

  function endWindow(level: keyof Logger, message: string): void {
    const more = (said.get(message) ?? 0) - LINES
    said.delete(message)
    if (more > 0) logger[level](message, { more_of_the_same: more })
  }

  return { info: bounded('info'), warn: bounded('warn'), error: bounded('error') }
}
