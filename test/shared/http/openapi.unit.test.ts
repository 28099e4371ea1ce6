import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  buildOpenApiDocument,
  defineRoute,
  jsonBody,
  notFoundRoute,
  preconditionHeaders,
  reply,
  wholeNumber,
} from '../../../shared/http/index.ts'

const event = z.strictObject({ id: z.string(), data: z.unknown() }).meta({ id: 'Event' })

const append = defineRoute({
  name: 'events-append',
  method: 'POST',
  path: '/api/streams/{streamId}/events',
  summary: 'Append events',
  description: 'Longer.',
  tags: ['Events'],
  access: { kind: 'tenant', roles: ['writer', 'admin'] },
  request: {
    params: z.strictObject({ streamId: z.string().max(255).describe('Name of the stream') }),
    headers: z.object({ ...preconditionHeaders, 'last-event-id': z.string().optional() }),
    body: jsonBody({
      schema: event,
      maxBytes: 1000,
      mediaTypes: ['application/json', 'application/cloudevents+json'],
      documented: {
        'application/cloudevents+json': { schema: z.looseObject({ specversion: z.literal('1.0') }) },
      },
      example: { id: 'e1', data: {} },
    }),
  },
  responses: {
    201: {
      description: 'Appended',
      schema: z.strictObject({ version: z.int() }),
      headers: { ETag: { description: 'Version', example: '"5"' } },
      example: { version: 5 },
    },
  },
  errors: ['VERSION_CONFLICT', 'EVENT_ID_EXISTS'],
  idempotency: 'receipt',
  handler: () => reply(201, { json: { version: 1 } }),
})

const read = defineRoute({
  name: 'events-read',
  method: 'GET',
  path: '/api/streams/{streamId}/events',
  summary: 'Read events',
  tags: ['Events'],
  access: { kind: 'tenantOrOperator', roles: ['reader'] },
  request: {
    params: z.strictObject({ streamId: z.string() }),
    query: z.object({
      limit: wholeNumber({ min: 1, max: 500 }).default(100),
      type: z.array(z.string()).optional(),
      from: wholeNumber({ min: 1, max: 3_000_000_000 }).optional(),
      since: z.string().optional().meta({ example: '2026-11-21' }),
    }),
  },
  responses: {
    200: {
      description: 'Events',
      schema: z.strictObject({
        events: z.array(event),
        next: z.int().min(1).nullable().describe('Next.'),
        state: z.enum(['on', 'off']).nullable(),
        holder: z.strictObject({ id: z.string() }).nullable(),
      }),
      alternatives: { 'application/x-ndjson': { example: '{}\n' } },
    },
  },
  handler: () => reply(200, { json: { events: [] } }),
})

const live = defineRoute({
  name: 'health-live',
  method: 'GET',
  path: '/api/health/live',
  summary: 'Alive',
  tags: ['Health'],
  access: { kind: 'public' },
  request: {},
  responses: { 204: { description: 'Alive' } },
  handler: () => reply(204),
})

const routes = [append, read, live]

/** A member of the document by its path; undefined where there is none. */
function at(document: object, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    document,
  )
}

const document = await buildOpenApiDocument([...routes, notFoundRoute(routes)], {
  title: 'Test',
  version: '1.2.3',
  tags: { Events: 'What happened.', Unused: 'No route has it.' },
})
const POST = ['paths', '/api/streams/{streamId}/events', 'post']
const GET = ['paths', '/api/streams/{streamId}/events', 'get']

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 and lists every route but the catch-all', () => {
    expect(at(document, 'openapi')).toMatch(/^3\.1\./)
    expect(at(document, 'info')).toMatchObject({
      title: 'Test',
      version: '1.2.3',
      description: expect.stringContaining('/api/docs/errors'),
    })
    expect(Object.keys(at(document, 'paths') as object)).toEqual([
      '/api/streams/{streamId}/events',
      '/api/health/live',
    ])
    expect(at(document, ...POST, 'operationId')).toBe('events-append')
    expect(at(document, 'tags')).toEqual([
      { name: 'Events', description: 'What happened.' },
      { name: 'Health' },
    ])
  })

  it('describes path, query and header parameters', () => {
    const parameters = at(document, ...POST, 'parameters') as { name: string }[]
    expect(parameters.map(({ name }) => name)).toEqual([
      'streamId',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      'Idempotency-Key',
      'Trickle-Tenant',
    ])
    expect(at(document, ...GET, 'parameters')).toEqual([
      { in: 'path', name: 'streamId', required: true, schema: { type: 'string' } },
      { in: 'query', name: 'limit', schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 } },
      { in: 'query', name: 'type', schema: { type: 'array', items: { type: 'string' } } },
      {
        in: 'query',
        name: 'from',
        schema: { type: 'integer', format: 'int64', minimum: 1, maximum: 3_000_000_000 },
      },
      { in: 'query', name: 'since', schema: { type: 'string' } },
      expect.objectContaining({ in: 'header', name: 'Trickle-Tenant', required: false }),
    ])
  })

  it('gives no example of a parameter that may be left out: the page would fill all of them in', () => {
    const parameters = [POST, GET].flatMap(
      (path) => at(document, ...path, 'parameters') as { required?: boolean; schema: object }[],
    )
    const optional = parameters.filter(({ required }) => required !== true)
    expect(optional).toHaveLength(10)
    for (const parameter of optional)
      expect([Object.keys(parameter), Object.keys(parameter.schema)].flat()).not.toContain('example')
  })

  it('describes bodies by media type, with limit and example', () => {
    const content = ['requestBody', 'content']
    expect(at(document, ...POST, 'requestBody', 'description')).toContain('1000 bytes')
    expect(at(document, ...POST, ...content, 'application/json')).toEqual({
      schema: { $ref: '#/components/schemas/Event' },
      example: { id: 'e1', data: {} },
    })
    expect(at(document, ...POST, ...content, 'application/cloudevents+json', 'schema')).toMatchObject({
      properties: { specversion: { const: '1.0' } },
    })
    expect(at(document, ...GET, 'requestBody')).toBeUndefined()
    expect(at(document, 'components', 'schemas', 'Event')).toMatchObject({
      required: ['id', 'data'],
      additionalProperties: false,
    })
  })

  it('says of an integer without bounds that it has 64 bits, in place of the bounds that every integer has', () => {
    const schema = [...POST, 'responses', '201', 'content', 'application/json', 'schema']
    expect(at(document, ...schema, 'properties', 'version')).toEqual({ type: 'integer', format: 'int64' })
  })

  it('describes answers with headers and examples', () => {
    expect(at(document, ...POST, 'responses', '201')).toMatchObject({
      description: 'Appended',
      headers: {
        ETag: { example: '"5"', schema: { type: 'string' } },
        'Idempotency-Replayed': { schema: { type: 'string' } },
      },
      content: { 'application/json': { example: { version: 5 } } },
    })
    expect(at(document, 'paths', '/api/health/live', 'get', 'responses', '204', 'content')).toBeUndefined()
  })

  it("lists the codes of each route by status, its own and the kernel's, in one shared response for each set", () => {
    const referenceOf = (path: string[], status: number): unknown =>
      at(document, ...path, 'responses', String(status), '$ref')
    expect(referenceOf(POST, 412)).toBe('#/components/responses/VERSION_CONFLICT')
    expect(referenceOf(POST, 401)).toBe('#/components/responses/TOKEN_MISSING.TOKEN_INVALID.TOKEN_EXPIRED')
    expect(referenceOf(GET, 401)).toBe(referenceOf(POST, 401))
    expect(referenceOf(POST, 422)).toBe('#/components/responses/IDEMPOTENCY_KEY_REUSED')
    expect(referenceOf(POST, 413)).toBe('#/components/responses/BODY_TOO_LARGE')
    expect(referenceOf(GET, 413)).toBeUndefined()
    expect(referenceOf(['paths', '/api/health/live', 'get'], 401)).toBeUndefined()
    expect(referenceOf(['paths', '/api/health/live', 'get'], 504)).toBe(
      '#/components/responses/DEADLINE_EXCEEDED',
    )
    expect(at(document, 'components', 'responses', 'VERSION_CONFLICT')).toEqual({
      description: expect.stringContaining('`VERSION_CONFLICT`: ') as string,
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: { VERSION_CONFLICT: { $ref: '#/components/examples/VERSION_CONFLICT' } },
        },
      },
    })
    expect(at(document, 'components', 'examples', 'VERSION_CONFLICT', 'value')).toMatchObject({ status: 412 })
  })

  it('has one schema for all problems, with every code that any route has, in an order of its own', () => {
    expect(at(document, 'components', 'schemas', 'Problem', 'required')).toContain('code')
    const codes = at(document, 'components', 'schemas', 'Problem', 'properties', 'code', 'enum') as string[]
    expect(codes).toEqual(codes.toSorted())
    expect(codes).toEqual(Object.keys(at(document, 'components', 'examples') as object))
    expect(codes).toEqual(expect.arrayContaining(['VERSION_CONFLICT', 'TOKEN_EXPIRED', 'DEADLINE_EXCEEDED']))
    const schemas = JSON.stringify(at(document, 'components', 'schemas'))
    expect(JSON.stringify(document).match(/"code":\{"type":"string","enum"/g)).toHaveLength(1)
    expect(schemas).toContain('"Problem"')
  })

  it('says which token is needed', () => {
    expect(at(document, 'components', 'securitySchemes', 'bearer')).toMatchObject({
      type: 'http',
      scheme: 'bearer',
      description: expect.stringMatching(/trickle token --tenant .*az account get-access-token/s) as string,
    })
    expect(at(document, ...POST, 'security')).toEqual([{ bearer: [] }])
    expect(at(document, ...POST, 'description')).toContain('`writer` or `admin`')
    expect(at(document, ...GET, 'description')).toContain('`operator`')
    expect(at(document, 'paths', '/api/health/live', 'get', 'security')).toEqual([])
  })

  it('has one type for an answer that comes in several forms, and tells of the others in words', () => {
    const response = at(document, ...GET, 'responses', '200') as object
    expect(Object.keys(at(response, 'content') as object)).toEqual(['application/json'])
    expect(at(response, 'description')).toBe(
      'Events\n\nWith `Accept: application/x-ndjson`:\n\n```text\n{}\n```',
    )
  })

  it('says in one type that a value may be null, since a generator makes a class of two', () => {
    const schema = [...GET, 'responses', '200', 'content', 'application/json', 'schema', 'properties']
    expect(at(document, ...schema, 'next')).toEqual({
      type: ['integer', 'null'],
      format: 'int64',
      minimum: 1,
      description: 'Next.',
    })
    expect(at(document, ...schema, 'holder')).toEqual({
      type: ['object', 'null'],
      properties: { id: { type: 'string' } },
      required: ['id'],
      additionalProperties: false,
    })
    expect(at(document, ...schema, 'state', 'anyOf')).toEqual([
      { type: 'string', enum: ['on', 'off'] },
      { type: 'null' },
    ])
  })

  it('types the members that a code brings into its problem', () => {
    const properties = at(document, 'components', 'schemas', 'Problem', 'properties')
    expect(at(properties ?? {}, 'currentVersion')).toEqual({
      type: 'integer',
      format: 'int64',
      description: expect.stringMatching(/^`VERSION_CONFLICT`: /) as string,
    })
    expect(at(document, 'components', 'schemas', 'Problem', 'required')).not.toContain('currentVersion')
    expect(at(document, 'components', 'examples', 'VERSION_CONFLICT', 'value')).toHaveProperty(
      'currentVersion',
    )
    expect(properties).not.toHaveProperty('resumeAfter')
  })

  it('refers only to what it holds', () => {
    const text = JSON.stringify(document)
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
    expect(references.length).toBeGreaterThan(0)
    for (const path of references) expect(at(document, ...path.split('/'))).toBeDefined()
  })
})
