import type { z } from 'zod'
import type { AnyError } from '../errors/index.ts'
import type { RunsOn } from '../sides/index.ts'
import { findBoundlessArray, findLaxObject } from './lax-object.ts'
import { parsePathTemplate } from './path-template.ts'
import type { Reply } from './reply.ts'
import type {
  Access,
  BodyDefinition,
  BodyOf,
  HandlerContext,
  InputSchema,
  JsonBody,
  MaybePromise,
  NoBody,
  ResponseDefinition,
  Route,
  RouteMethod,
} from './route-types.ts'

/** Long enough for a write that waits for a lock and is retried, short enough that a client's own timeout comes later. */
export const DEFAULT_DEADLINE_MS = 30_000
/** The platform's front end cuts a silent connection at 230 s; host.json's functionTimeout of 5 minutes would kill the whole worker. */
export const DEADLINE_MAX_MS = 220_000
/** No inputs: what a route without params, query or headers is given. */
type Nothing = z.ZodObject<Record<string, never>>

export interface RouteDefinition<
  T,
  A extends Access,
  P extends InputSchema,
  Q extends InputSchema,
  H extends InputSchema,
  B extends BodyDefinition,
> {
  /** Name of the Azure function: letters, digits and hyphens. */
  readonly name: string
  readonly method: RouteMethod
  readonly path: `/api/${string}`
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly access: A
  readonly request: {
    readonly params?: P
    /** A member whose schema is an array may be repeated in the query; any other may not. */
    readonly query?: Q
    /** Names in lower case. */
    readonly headers?: H
    readonly body?: B
  }
  readonly responses: Readonly<Record<number, ResponseDefinition>>
  /** Codes of the catalogue, and kinds of the context. */
  readonly errors?: readonly AnyError[]
  /** 'receipt': the handler's service keeps a receipt under the Idempotency-Key. Default 'none': a key is refused on writes. */
  readonly idempotency?: 'receipt' | 'none'
  readonly deadlineMs?: number
  /**
   * In which app it runs. Default: where its callers are served, which is public for tenants and background for
   * operators. A route for both kinds runs in both apps, and each answers its own kind alone.
   */
  readonly runsOn?: RunsOn
  readonly handler: (
    context: HandlerContext<T, A, z.output<P>, z.output<Q>, z.output<H>, BodyOf<B>>,
  ) => MaybePromise<Reply>
}

/** `defineRoute` for callers whose tenant is of type T. */
export type DefineRoute<T> = <
  const A extends Access,
  P extends InputSchema = Nothing,
  Q extends InputSchema = Nothing,
  H extends InputSchema = Nothing,
  B extends BodyDefinition = NoBody,
>(
  definition: RouteDefinition<T, A, P, Q, H, B>,
) => Route<T>

/** Gives `defineRoute` the type of tenant that the kernel's `resolveCaller` finds. */
export function defineRouteFor<T>(): DefineRoute<T> {
  return define
}

/** `defineRoute` for routes that do not look at the tenant. */
export const defineRoute: DefineRoute<unknown> = (definition) => define(definition)

const FUNCTION_NAME = /^[a-z][a-z0-9-]{0,99}$/

/**
 * Describes one route: the only source of its routing, checks, documents and client.
 * @throws Error where the definition contradicts itself, so that a mistake shows at the start and not at a request.
 */
function define<
  T,
  const A extends Access,
  P extends InputSchema,
  Q extends InputSchema,
  H extends InputSchema,
  B extends BodyDefinition,
>(definition: RouteDefinition<T, A, P, Q, H, B>): Route<T> {
  const { params, query, headers, body } = definition.request
  const route: Route<T> = {
    name: definition.name,
    method: definition.method,
    path: definition.path,
    summary: definition.summary,
    description: definition.description ?? '',
    tags: definition.tags,
    access: definition.access,
    request: { params, query, headers, body: body ?? { kind: 'none' } },
    responses: definition.responses,
    errors: definition.errors ?? [],
    idempotency: definition.idempotency ?? 'none',
    deadlineMs: definition.deadlineMs ?? DEFAULT_DEADLINE_MS,
    runsOn: definition.runsOn ?? homeOf(definition.access),
    isByCaller: definition.runsOn === undefined && definition.access.kind === 'tenantOrOperator',
    isCatchAll: false,
    // This cast is safe: the kernel gives the handler what these same schemas and this access made.
    handler: (context) => definition.handler(context as never),
  }
  const mistake = findMistake(route)
  if (mistake !== undefined)
    throw new Error(`Route ${route.name} (${route.method} ${route.path}): ${mistake}`)
  return route
}

function homeOf({ kind }: Access): RunsOn {
  if (kind === 'operator') return 'background'
  return kind === 'tenantOrOperator' ? 'both' : 'public'
}

function findMistake(route: Route<never>): string | undefined {
  const { params, headers, body } = route.request
  const laxPlace = body.kind === 'json' ? findLaxObject(body.schema) : undefined
  const boundlessPlace = body.kind === 'json' ? findBoundlessArray(body.schema) : undefined
  const isWrite = route.method !== 'GET'
  const inPath = parsePathTemplate(route.path).parameters
  const inSchema = Object.keys(params?.shape ?? {})
  const rules: readonly (readonly [boolean, string])[] = [
    [FUNCTION_NAME.test(route.name), 'the name must be lower-case letters, digits and hyphens'],
    [
      isSameSet(inPath, inSchema),
      `the path names [${inPath.join()}], the params schema [${inSchema.join()}]`,
    ],
    [
      Object.keys(headers?.shape ?? {}).every((name) => name === name.toLowerCase()),
      'header names must be in lower case',
    ],
    [isWrite || body.kind === 'none', 'a GET has no body'],
    [isWrite || route.idempotency === 'none', 'a GET needs no receipt'],
    [
      route.idempotency === 'none' || body.kind !== 'stream',
      'a stream has no fingerprint, so a receipt cannot tell a repetition from another request',
    ],
    [
      route.deadlineMs > 0 && route.deadlineMs <= DEADLINE_MAX_MS,
      `the deadline must be within ${DEADLINE_MAX_MS} ms`,
    ],
    [Object.keys(route.responses).length > 0, 'at least one response must be described'],
    [
      mediaTypesOf(body).every((type) => MEDIA_TYPE.test(type)),
      'a media type must be lower case, without parameters',
    ],
    [laxPlace === undefined, `${laxPlace} drops unknown members; use z.strictObject`],
    [boundlessPlace === undefined, `${boundlessPlace} may hold any number of items; give the array a max`],
    [!('roles' in route.access) || route.access.roles.length > 0, 'without a role nobody could call it'],
  ]
  return rules.find(([holds]) => !holds)?.[1]
}

const MEDIA_TYPE = /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/

/**
 * A JSON body with a `transform` whose arguments the compiler knows. Without a `transform` a plain object is enough.
 */
export function jsonBody<S extends z.ZodType>(options: Omit<JsonBody<S>, 'kind'>): JsonBody<S> {
  return { kind: 'json', ...options }
}

/** The media types that a route takes; none where it takes no body. */
export function mediaTypesOf(body: BodyDefinition): readonly string[] {
  if (body.kind === 'none') return []
  return body.mediaTypes ?? ['application/json']
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item) => right.includes(item))
}
