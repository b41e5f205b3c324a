/** The OpenAPI 3.1 document, made of the routes themselves. */
import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import { PROBLEM_STATUSES, type ProblemStatus, titleOf } from './problem.ts'
import type { QuerySpec } from './query.ts'
import { type Route, route } from './route.ts'
import { NAMED_SCHEMAS, ProblemSchema } from './schemas.ts'

type Json = Record<string, unknown>

const STATUS_WORDS: Record<string, string> = { 200: 'OK', 202: 'Accepted', 503: 'New messages are refused' }
const ANY_ROUTE: ProblemStatus[] = [400, 405, 500]

/** The route of the document, which is in it too. */
export function openApiRoute(others: Route[]): Route {
  const self: Route = route({
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This document',
    query: {},
    status: 200,
    response: Type.Object({ openapi: Type.String(), paths: Type.Object({}) }),
    problems: [],
    handle: async () => ({ body: document }),
  })
  const document = openApiDocument([...others, self])
  return self
}

function openApiDocument(routes: Route[]): Json {
  const paths: Record<string, Json> = {}
  for (const one of routes) {
    paths[one.path] = { ...paths[one.path], [one.method.toLowerCase()]: operation(one) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pilotline',
      version: '1',
      description:
        'Times come out as epoch ms. Ids in paths are percent-encoded. Lists are `{ items, next_cursor }`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(NAMED_SCHEMAS).map(([name, schema]) => [name, withReferences(schema, name)]),
      ),
      responses: Object.fromEntries(PROBLEM_STATUSES.map((status) => [`Problem${status}`, problem(status)])),
    },
  }
}

function operation({ summary, path, query, request, ...said }: Route): Json {
  const responses: Json = {}
  for (const one of new Set([...said.problems, ...ANY_ROUTE]))
    responses[one] = { $ref: `#/components/responses/Problem${one}` }
  for (const [status, schema] of Object.entries({ ...said.others, [said.status]: said.response })) {
    const content = { 'application/json': { schema: withReferences(schema) } }
    responses[status] = { description: STATUS_WORDS[status] ?? 'Another answer', content }
  }
  return {
    summary,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(request && { requestBody: requestBody(request) }),
    responses,
  }
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(query: QuerySpec): Json[] {
  return Object.entries(query).map(([name, { description, schema, required }]) => ({
    name,
    in: 'query',
    description,
    required: required ?? false,
    schema,
  }))
}

function requestBody({ types, schema }: NonNullable<Route['request']>): Json {
  const content = Object.fromEntries(types.map((type) => [type, { schema: withReferences(schema) }]))
  return { required: true, content }
}

function problem(status: ProblemStatus): Json {
  const content = { 'application/problem+json': { schema: withReferences(ProblemSchema) } }
  return { description: titleOf(status), content }
}

/** The schema with every named one in it replaced by a reference; `own` is the name that it is written out under. */
function withReferences(schema: TSchema, own?: string): unknown {
  return walk(schema)

  function walk(part: unknown): unknown {
    if (typeof part !== 'object' || part === null) return part
    const name = Object.entries(NAMED_SCHEMAS).find(([, named]) => named === part)?.[0]
    if (name && name !== own) return { $ref: `#/components/schemas/${name}` }
    if (Array.isArray(part)) return part.map(walk)
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, walk(value)]))
  }
}
