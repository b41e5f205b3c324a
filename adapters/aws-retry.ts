/** Calls to AWS that were throttled or broke off are tried again here, and in no other place: the SDK tries once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError } from './infrastructure-error.ts'

export type RetryPolicy = {
  attempts: number
  /** The first wait is up to so long; each further one up to twice the one before, up to `most_ms`. */
  first_ms: number
  most_ms: number
  /** 0 to 1. Jitter over the whole wait, so that writers who were throttled together do not come back together. */
  random: () => number
  wait: (ms: number) => Promise<unknown>
}

/** Gives up after some seconds: a Lambda has to say which record failed before its own time is over. */
export const RETRIES: RetryPolicy = {
  attempts: 8,
  first_ms: 50,
  most_ms: 2_000,
  random: Math.random,
  wait: sleep,
}

/** Some of a batch was not taken; the rest is to be sent again. */
export class Unprocessed extends Error {}

export type Retrying = {
  /** Hears of each failure that is tried again. */
  onRetry?: () => void
  /** Once it is aborted nothing is tried again; whoever waits for the answer has no use for it. */
  signal?: AbortSignal | undefined
}

/**
 * Runs `attempt` until it succeeds.
 * @throws InfrastructureError where it keeps failing, or where AWS refuses for a reason that is none of the request's;
 *   whatever else it throws is our own bug, and passes.
 */
export async function withRetries<T>(
  what: string,
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  { onRetry, signal }: Retrying = {},
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (isOwnBug(error)) throw error
      if (!isTransient(error) || tried >= policy.attempts || signal?.aborted)
        throw new InfrastructureError(`${what}: ${nameOf(error)}, tried ${tried} times`, { cause: error })
      onRetry?.()
      await policy.wait(policy.random() * Math.min(policy.most_ms, policy.first_ms * 2 ** (tried - 1)))
    }
  }
}

/** What the SDK says of an error, beside its name. */
type Told = { name?: string; code?: string; $metadata?: { httpStatusCode?: number } }

const THROTTLED = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'KMSThrottlingException',
])

const BROKEN_OFF = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'TimeoutError',
])

function isTransient(error: unknown): boolean {
  // An answer that does not parse came from something in between that is not AWS.
  if (error instanceof Unprocessed || error instanceof SyntaxError) return true
  const { name = '', code = '', $metadata } = error as Told
  const status = $metadata?.httpStatusCode ?? 0
  return (
    status >= 500 || status === 429 || THROTTLED.has(name) || BROKEN_OFF.has(name) || BROKEN_OFF.has(code)
  )
}

/** A request that AWS found malformed, or that could not even be written down. */
const MALFORMED = new Set(['ValidationException', 'SerializationException', 'InvalidArgumentException'])

function isOwnBug(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
    return true
  return MALFORMED.has((error as Told).name ?? '')
}

/** Never the message: DynamoDB's quote the values that it was sent. */
function nameOf(error: unknown): string {
  if (error instanceof Unprocessed) return error.message
  const { name, code } = error as Told
  return code ?? name ?? 'unknown error'
}
