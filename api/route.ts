/** A route as data: what it answers to, what it takes, what it says, and what does it. The document is made of the same. */
import type { TSchema } from 'typebox'
import type { ApiPorts } from './ports.ts'
import type { ProblemStatus } from './problem.ts'
import type { QueryOf, QuerySpec } from './query.ts'

export type Answer = { status?: number; body: unknown }

/** What came in. Path parameters are decoded. */
export type Ask<S extends QuerySpec> = {
  params: Record<string, string>
  query: QueryOf<S>
  /** The body, at most `limit` bytes; throws a 413 above. */
  bytes: (limit: number) => Promise<Uint8Array>
  ports: ApiPorts
}

export type Route<S extends QuerySpec = QuerySpec> = {
  method: 'GET' | 'PUT' | 'POST'
  /** As OpenAPI writes it: `/v1/devices/{device_id}`. */
  path: string
  summary: string
  query: S
  /** Media types that a body may have, and what is in it. */
  request?: { types: string[]; schema: TSchema }
  status: 200 | 202
  response: TSchema
  /** Answers of another status that are no problems. */
  others?: Record<number, TSchema>
  /** Problems beside the 400, 405 and 500 that any route may answer with. */
  problems: ProblemStatus[]
  handle: (ask: Ask<S>) => Promise<Answer>
}

/** A route with the types of its own query, kept in a list of all. */
export function route<S extends QuerySpec>(of: Route<S>): Route {
  return of as unknown as Route
}
