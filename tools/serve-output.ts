/** What `npm start` shows: to a terminal a few plain lines and one live one, to a pipe log lines. */
import { createPowertoolsLogger } from '../adapters/powertools-logger.ts'
import type { Figures } from '../embedded/figures.ts'
import type { Logger } from '../events/ports.ts'
import { createLiveLine, formatLiveLine, formatTotals, type LiveLine } from './live-line.ts'

/** Where everything is, told once everything is up. */
export type Whereabouts = { page: string; mqtt: string; data: string; fleet: string }

export type ServeOutput = {
  logger: Logger
  started(where: Whereabouts): void
  /** Shows the figures from now on, until `end`. */
  follow(figures: () => Figures): void
  /** What all of it came to. */
  stopped(figures: Figures): void
  /** Everything has been said: leaves a terminal as it was found. */
  end(): void
}

const REDRAW_MS = 500
const SUMMARY_MS = 10_000

export function createOutput(stdout: NodeJS.WriteStream): ServeOutput {
  return stdout.isTTY ? terminalOutput(stdout) : pipeOutput()
}

function terminalOutput(stdout: NodeJS.WriteStream): ServeOutput {
  const line = createLiveLine(stdout)
  let timer: NodeJS.Timeout | undefined
  return {
    logger: plainLogger(line),
    started: ({ page, mqtt, data, fleet }) => {
      for (const [name, value] of Object.entries({ page, MQTT: mqtt, data, fleet }))
        line.print(`  ${name.padEnd(6)}${value}`)
      line.print('  Ctrl-C stops it.\n')
    },
    follow: (figures) => {
      const rate = createRate(4)
      timer = setInterval(() => {
        const now = figures()
        line.draw(formatLiveLine(now, rate(now.records_in, performance.now()), stdout.columns || 80))
      }, REDRAW_MS)
    },
    stopped: (figures) => {
      clearInterval(timer)
      line.draw(formatTotals(figures))
    },
    end: () => {
      clearInterval(timer)
      line.end()
    },
  }
}

function plainLogger(line: LiveLine): Logger {
  function say(mark: string) {
    return (message: string, fields: Record<string, unknown> = {}) => {
      const details = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
      line.print(`${mark}${message}${details.join('')}`)
    }
  }
  return { info: say('  '), warn: say('! '), error: say('!! ') }
}

function pipeOutput(): ServeOutput {
  const logger = createPowertoolsLogger('pilotline')
  let timer: NodeJS.Timeout | undefined
  return {
    logger,
    started: (where) => logger.info('started', where),
    follow: (figures) => {
      const rate = createRate(1)
      rate(figures().records_in, performance.now())
      timer = setInterval(() => {
        const now = figures()
        const per_s = Math.round(rate(now.records_in, performance.now()) * 10) / 10
        logger.info('summary', { per_s, ...now })
      }, SUMMARY_MS)
    },
    stopped: (figures) => logger.info('stopped', { ...figures }),
    end: () => clearInterval(timer),
  }
}

/** How fast a total grows a second, over the last `samples` calls. */
function createRate(samples: number): (total: number, now_ms: number) => number {
  const before: { total: number; now_ms: number }[] = []
  return (total, now_ms) => {
    const oldest = before[0] ?? { total, now_ms }
    before.push({ total, now_ms })
    if (before.length > samples) before.shift()
    return now_ms > oldest.now_ms ? ((total - oldest.total) / (now_ms - oldest.now_ms)) * 1_000 : 0
  }
}
