/** What is wrong with a request, as RFC 9457 says it. */
import { jsonText } from './json-text.ts'

const TITLES = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const

export type ProblemStatus = keyof typeof TITLES

export const PROBLEM_STATUSES = Object.keys(TITLES).map(Number) as ProblemStatus[]

export function titleOf(status: ProblemStatus): string {
  return TITLES[status]
}

/** Thrown by whoever finds it, answered in one place. `extra` joins the members of the document. */
export class Problem extends Error {
  readonly status: ProblemStatus
  readonly extra: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor(
    status: ProblemStatus,
    detail: string,
    extra: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(detail)
    this.status = status
    this.extra = extra
    this.headers = headers
  }
}

/** `instance` is the path that was asked for. */
export function problemResponse(problem: Problem, instance: string): Response {
  const { status, message: detail, extra } = problem
  const body = { type: 'about:blank', title: titleOf(status), status, detail, instance, ...extra }
  const headers = { ...problem.headers, 'content-type': 'application/problem+json' }
  return new Response(jsonText(body), { status, headers })
}
