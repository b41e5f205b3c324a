/** Tells "we are wrong" from "the infrastructure is unwell": the one crashes, the other is tried again. */
import { AssertionError } from 'node:assert'

/** Errors that no retry can mend: a broken invariant, or the language's own complaint about our code. */
export function isOwnBug(error: unknown): error is Error {
  return (
    error instanceof AssertionError ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  )
}

export type Trouble = { error: string; reason?: string; device_id?: string; at?: string[] }

/**
 * An error as a log line may show it. Its message, the reason, is left out where it can quote what a device sent:
 * parsers show the text they failed on, and generated assertion messages the values they compared.
 */
export function describeTrouble(error: unknown): Trouble {
  if (!(error instanceof Error)) return { error: typeof error }
  const quotes = error instanceof SyntaxError || (error instanceof AssertionError && error.generatedMessage)
  const device_id = (error as { device_id?: unknown }).device_id
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    error: error.constructor.name,
    ...(quotes ? {} : { reason: error.message }),
    ...(typeof device_id === 'string' ? { device_id } : {}),
    at: frames.slice(0, 5).map((line) => line.trim()),
  }
}
