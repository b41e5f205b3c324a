/** The line of live figures in a terminal, redrawn in place; what else is printed scrolls by above it. */
import type { Figures } from '../embedded/figures.ts'

/** `per_s` is records in, over the last while; `columns` what the terminal can show. */
export function formatLiveLine(figures: Figures, per_s: number, columns: number): string {
  const { records_in, decided, lag_records, lag_s, quarantined } = figures
  const parts = [
    `${count(per_s)} events/s, ${count(records_in)} in`,
    `${count(decided)} decided`,
    `lag ${count(lag_records)} (${lag_s.toFixed(1)} s)`,
    `${count(quarantined)} quarantined`,
    ...figures.troubles,
  ]
  const line = parts.join(' · ')
  // A line as wide as the terminal would wrap, and the next redraw would begin one row too low.
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`
}

/** The last line: what all of it came to. */
export function formatTotals({ records_in, decided, quarantined, lag_records }: Figures): string {
  const left = lag_records > 0 ? [`${count(lag_records)} left for the next start`] : []
  const parts = [`${count(records_in)} in`, `${count(decided)} decided`, `${count(quarantined)} quarantined`]
  return `stopped: ${[...parts, ...left].join(' · ')}`
}

/** What a plain log line says of a summary: the same figures as the live line, by name. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export type Terminal = { write(text: string): unknown; columns?: number | undefined }

export type LiveLine = {
  draw(line: string): void
  /** Prints `text` as a line of its own, above the live one. */
  print(text: string): void
  /** Leaves the last line standing, and the cursor below it. */
  end(): void
}

const CLEAR_LINE = '\r\u001b[2K'

export function createLiveLine(terminal: Terminal): LiveLine {
  let current = ''
  return {
    draw: (line) => {
      current = line
      terminal.write(CLEAR_LINE + line)
    },
    print: (text) => {
      terminal.write(`${current ? CLEAR_LINE : ''}${text}\n${current}`)
    },
    end: () => {
      if (current) terminal.write('\n')
      current = ''
    },
  }
}
