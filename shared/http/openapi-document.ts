import { createDocument } from 'zod-openapi'
import type { ZodOpenApiOperationObject, ZodOpenApiOverride, ZodOpenApiResponseObject } from 'zod-openapi'
import { ProblemResponses } from './openapi-problems.ts'
import type { Catalogue } from './openapi-problems.ts'
import { ERRORS_PAGE_PATH } from './problem.ts'
import type { ResponseDefinition, RouteFacts } from './route-types.ts'
import { TENANT_HEADER } from './tenant-header.ts'

/** Title page of the reference. `version` is the version of Trickle. */
export interface DocumentInfo {
  readonly title: string
  readonly version: string
  readonly description?: string
}

/**
 * Writes the OpenAPI 3.1 document of the routes. Bundled apart with zod-openapi, so it takes the error catalogue as an
 * argument instead of holding a copy. The errors of contexts bring their own entries.
 */
export function buildDocument(
  routes: readonly RouteFacts[],
  info: DocumentInfo,
  catalogue: Catalogue,
): object {
  const documented = routes.filter(({ isCatchAll }) => !isCatchAll)
  const problems = new ProblemResponses(catalogue)
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const route of documented) {
    const item = (paths[route.path] ??= {})
    item[route.method.toLowerCase()] = operationOf(route, problems)
  }
  const document = {
    openapi: '3.1.1' as const,
    info: { license: { name: 'MIT', identifier: 'MIT' }, ...info, description: describe(info) },
    servers: [{ url: '/', description: 'This server' }],
    tags: [...new Set(documented.flatMap(({ tags }) => tags))].map((name) => ({ name })),
    paths,
    components: { ...problems.components(), securitySchemes: { bearer: bearerScheme } },
  }
  const made = createDocument(document, { override: mendSchema })
  nameHeaders(made.paths ?? {})
  return made
}

/** Routes name request headers in small letters, as the platform gives them; readers know them as `If-Match`. */
function nameHeaders(paths: NonNullable<ReturnType<typeof createDocument>['paths']>): void {
  for (const item of Object.values(paths)) {
    for (const operation of [item.get, item.post, item.put, item.patch, item.delete]) {
      for (const parameter of operation?.parameters ?? []) {
        if ('name' in parameter && parameter.in === 'header')
          parameter.name = parameter.name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
      }
    }
  }
}

function describe({ description }: DocumentInfo): string {
  return [description ?? '', `[All error codes](${ERRORS_PAGE_PATH})`].join('\n\n').trim()
}

/** Corrects what is missing in zod's JSON Schema, and what is too much in it. */
const mendSchema: ZodOpenApiOverride = ({ zodSchema, jsonSchema }) => {
  const { _zod: internals } = zodSchema
  const { def } = internals
  // zod leaves out the default of an input that is transformed. Clients need it: it is the value without the parameter.
  if (def.type === 'default') jsonSchema.default ??= def.defaultValue
  // The bounds of a safe integer tell a client nothing, and the page would show them as the example.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

const bearerScheme = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    'A token of a configured OpenID Connect issuer. Its claims name the tenant and the roles; a `service` names the tenant in the header `Trickle-Tenant`. In the local run: `npx --no -- trickle token --tenant acme --roles writer,reader`.',
} as const

function operationOf(route: RouteFacts, problems: ProblemResponses): ZodOpenApiOperationObject {
  const { params, query, headers } = route.request
  const requestBody = requestBodyOf(route)
  return {
    operationId: route.name,
    summary: route.summary,
    description: [route.description, describeAccess(route)].filter((text) => text !== '').join('\n\n'),
    tags: [...route.tags],
    security: securityOf(route),
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { header: headers }),
    },
    parameters: [
      ...(route.idempotency === 'receipt' ? [idempotencyKeyParameter] : []),
      ...('roles' in route.access ? [tenantParameter] : []),
    ],
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: { ...successesOf(route), ...problems.of(route) },
  }
}

const idempotencyKeyParameter = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  description:
    'Makes the request safe to repeat: with the same key, such as `order-4711-created`, and the same content the first answer is given again, with `Idempotency-Replayed: true`.',
  schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' },
} as const

const tenantParameter = {
  in: 'header',
  name: TENANT_HEADER,
  required: false,
  description:
    "Required with a token that has the role `service`: the id, slug or external id of the tenant that it acts for in this request. With a tenant's own token it may only name that tenant.",
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x2b\\x2d-\\x7e]+$' },
} as const

/** An empty requirement among others says that the token may be left out. */
function securityOf({ access }: RouteFacts): Record<string, string[]>[] {
  if (access.kind === 'public') return []
  return access.kind === 'publicOrOperator' ? [{}, { bearer: [] }] : [{ bearer: [] }]
}

function describeAccess({ access }: RouteFacts): string {
  if (access.kind === 'public') return 'No token is needed.'
  if (access.kind === 'publicOrOperator') return 'No token is needed; the role `operator` sees more.'
  if (access.kind === 'operator') return 'Requires the role `operator`.'
  const roles = access.roles.map((role) => `\`${role}\``).join(' or ')
  return access.kind === 'tenant'
    ? `Requires the role ${roles} of a tenant's token, or of a service that names the tenant.`
    : `Requires the role ${roles} of a tenant's token or of a service that names the tenant, or the role \`operator\`.`
}

function requestBodyOf(route: RouteFacts): ZodOpenApiOperationObject['requestBody'] {
  const { body } = route.request
  if (body.kind === 'none') return undefined
  if (body.kind === 'stream') {
    const example = body.example === undefined ? {} : { example: body.example }
    const content = body.mediaTypes.map((type) => [type, { schema: { type: 'string' as const }, ...example }])
    return { required: true, description: body.description ?? '', content: Object.fromEntries(content) }
  }
  const content = (body.mediaTypes ?? ['application/json']).map((type) => {
    const { schema, example } = body.documented?.[type] ?? body
    return [type, { schema, ...(example === undefined ? {} : { example }) }]
  })
  return {
    required: true,
    description: `At most ${body.maxBytes} bytes.`,
    content: Object.fromEntries(content),
  }
}

function successesOf(route: RouteFacts): Record<`${1 | 2 | 3 | 4 | 5}${string}`, ZodOpenApiResponseObject> {
  const replayed = { description: '`true` where this is the first answer again.', example: 'true' }
  const entries = Object.entries(route.responses).map(([status, response]) => {
    const isReplayable = route.idempotency === 'receipt' && status.startsWith('2')
    const headers = { ...response.headers, ...(isReplayable ? { 'Idempotency-Replayed': replayed } : {}) }
    const { schema, example, mediaType = 'application/json' } = response
    const media = { ...(schema && { schema }), ...(example === undefined ? {} : { example }) }
    const hasContent = schema !== undefined || response.mediaType !== undefined
    const described: ZodOpenApiResponseObject = {
      description: response.description,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, header]) => [name, { ...header, schema: { type: 'string' } }]),
      ),
      ...(hasContent ? { content: { [mediaType]: media, ...alternativesOf(response) } } : {}),
    }
    return [status, described]
  })
  return Object.fromEntries(entries)
}

function alternativesOf({
  alternatives = {},
}: ResponseDefinition): NonNullable<ZodOpenApiResponseObject['content']> {
  const entries = Object.entries(alternatives).map(([type, { schema, example }]) => [
    type,
    { schema, ...(example === undefined ? {} : { example }) },
  ])
  return Object.fromEntries(entries)
}
