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
  /** What the reference says of a group of routes, by its tag. */
  readonly tags?: Readonly<Record<string, string>>
}

/**
 * Writes the OpenAPI 3.1 document of the routes. Bundled apart with zod-openapi, so it takes the error catalogue as an
 * argument instead of holding a copy. The errors of contexts bring their own entries.
 */
export function buildDocument(
  routes: readonly RouteFacts[],
  { tags = {}, ...info }: DocumentInfo,
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
    tags: [...new Set(documented.flatMap((route) => route.tags))].map((name) => ({
      name,
      ...(tags[name] === undefined ? {} : { description: tags[name] }),
    })),
    paths,
    components: { ...problems.components(), securitySchemes: { bearer: bearerScheme } },
  }
  const made = createDocument(document, { override: mendSchema })
  mendParameters(made.paths ?? {})
  return made
}

/** Not written as the others are. */
const headerNames: Readonly<Record<string, string>> = { 'last-event-id': 'Last-Event-ID' }

/**
 * Routes name request headers in small letters, as the platform gives them; readers know them as `If-Match`. Optional
 * parameters lose their examples, since the page would fill them in and the first request would be one with conditions.
 */
function mendParameters(paths: NonNullable<ReturnType<typeof createDocument>['paths']>): void {
  for (const item of Object.values(paths)) {
    for (const operation of [item.get, item.post, item.put, item.patch, item.delete]) {
      for (const parameter of operation?.parameters ?? []) {
        if (!('name' in parameter)) continue
        if (parameter.in === 'header') parameter.name = headerName(parameter.name)
        if (
          parameter.required !== true &&
          typeof parameter.schema === 'object' &&
          !('$ref' in parameter.schema)
        )
          delete parameter.schema.example
      }
    }
  }
}

const headerName = (name: string): string =>
  headerNames[name] ?? name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())

function describe({ description }: DocumentInfo): string {
  return [description ?? '', `[All error codes](${ERRORS_PAGE_PATH})`].join('\n\n').trim()
}

/** Corrects what is missing in zod's JSON Schema, and what is too much in it. */
const mendSchema: ZodOpenApiOverride = ({ zodSchema, jsonSchema }) => {
  const { _zod: internals } = zodSchema
  const { def } = internals
  // zod leaves out the default of an input that is transformed. Clients need it: it is the value without the parameter.
  if (def.type === 'default') jsonSchema.default ??= def.defaultValue
  // The bounds of a safe integer tell a client nothing, and the page would show them as the example. What they do tell
  // is that 32 bits are too few: a generated client would fail at a version beyond them.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
    delete jsonSchema.maximum
    jsonSchema.format = 'int64'
  }
  if (def.type === 'nullable') foldNull(jsonSchema)
}

/**
 * Writes "one of a type and null" as one type that may be null. Generators make a class of the other form, so that a
 * number which may be null would not be a number in C#. A list of values stays as it is: null is not in it.
 */
function foldNull(jsonSchema: Parameters<ZodOpenApiOverride>[0]['jsonSchema']): void {
  const [value, nothing] = jsonSchema.anyOf ?? []
  if (typeof value !== 'object' || typeof value.type !== 'string' || value.enum !== undefined) return
  if (typeof nothing !== 'object' || nothing.type !== 'null') return
  delete jsonSchema.anyOf
  Object.assign(jsonSchema, { ...value, ...jsonSchema, type: [value.type, 'null'] })
}

const bearerScheme = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: [
    'A token (JWT) of an OpenID Connect issuer that this server believes. Paste the token alone, without `Bearer`; it stays in this browser.',
    'In the local run: `npx trickle token --tenant acme --roles writer,reader`. What operators do needs `--roles operator` and no tenant.',
    'In Azure: `az account get-access-token --scope api://<API id>/access --query accessToken -o tsv`.',
    'Its claims name the tenant and the roles. A `service` names the tenant of each request in the header `Trickle-Tenant`.',
  ].join('\n\n'),
} as const

function operationOf(route: RouteFacts, problems: ProblemResponses): ZodOpenApiOperationObject {
  const { params, query, headers } = route.request
  const requestBody = requestBodyOf(route)
  return {
    operationId: route.name,
    summary: route.summary,
    description: [route.description, describeAccess(route), describeApp(route)]
      .filter((text) => text !== '')
      .join('\n\n'),
    'x-trickle-app': route.isByCaller ? { tenant: 'public', operator: 'background' } : route.runsOn,
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

/** Where there are two apps. A route of the public app says nothing: most callers know that one alone. */
function describeApp({ runsOn, isByCaller }: RouteFacts): string {
  if (isByCaller)
    return 'Where Trickle runs as two apps, the public one serves tenants and services, the background one operators.'
  return runsOn === 'background' ? 'Where Trickle runs as two apps, the background one serves it.' : ''
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
      description: describeForms(response),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, header]) => [name, { ...header, schema: { type: 'string' } }]),
      ),
      ...(hasContent ? { content: { [mediaType]: media } } : {}),
    }
    return [status, described]
  })
  return Object.fromEntries(entries)
}

/**
 * Other forms of an answer are told of in words. With a second media type beside JSON the answer would have two types,
 * and in a generated client `answer.events` would not compile, though a client that asks for nothing else gets JSON.
 */
const describeForms = ({ description, alternatives = {} }: ResponseDefinition): string =>
  [
    description,
    ...Object.entries(alternatives).map(
      ([type, { example }]) => `With \`Accept: ${type}\`:\n\n\`\`\`text\n${example.trimEnd()}\n\`\`\``,
    ),
  ].join('\n\n')
