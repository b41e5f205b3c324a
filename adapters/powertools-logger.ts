/** The Logger port on Powertools: one JSON line an entry, on stdout, warnings and errors on stderr. Ids and positions only, never payloads. */
import { Logger as Powertools } from '@aws-lambda-powertools/logger'
import type { Logger } from '../events/ports.ts'

export function createPowertoolsLogger(service: string): Logger {
  const powertools = new Powertools({ serviceName: service })
  return {
    info: (message, fields = {}) => powertools.info(message, fields),
    warn: (message, fields = {}) => powertools.warn(message, fields),
    error: (message, fields = {}) => powertools.error(message, fields),
  }
}
