import type { ReadableStream } from 'node:stream/web'
import type { z } from 'zod'
import type { Role } from '../auth/index.ts'
import type { AnyError } from '../errors/index.ts'
import type { RunsOn } from '../sides/index.ts'
import type { IncomingRequest, RequestHeaders } from './incoming-request.ts'
import type { Reply } from './reply.ts'
import type { ClientTrace } from './trace.ts'

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** The roles for work on a tenant, in the tenant's own token or in that of a service which acts for it. */
export type TenantRole = Exclude<Role, 'operator' | 'service'>

/**
 * Who may call a route. `roles`: any one of them is enough. publicOrOperator: everybody may call, and the handler
 * learns if the caller is an operator, who may see more. A token that is sent must be valid; without the role operator
 * it counts as no token.
 */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'publicOrOperator' }
  | { readonly kind: 'tenant'; readonly roles: readonly TenantRole[] }
  | { readonly kind: 'operator' }
  | { readonly kind: 'tenantOrOperator'; readonly roles: readonly TenantRole[] }

/** A caller is known by issuer and subject together. */
interface KnownCaller {
  readonly issuer: string
  readonly subject: string
  /** The application that asked for the token; null where the token names none. */
  readonly application: string | null
  readonly roles: ReadonlySet<Role>
}

export interface OperatorCaller extends KnownCaller {
  readonly kind: 'operator'
}

/**
 * `tenant` is what the tenancy capability makes of the token's tenant claim or, for a service, of the header
 * Trickle-Tenant. A route treats both in the same way.
 */
export interface TenantCaller<T> extends KnownCaller {
  readonly kind: 'tenant'
  readonly tenant: T
}

export type Caller<T> = OperatorCaller | TenantCaller<T>

export type CallerOf<A extends Access, T> = {
  public: null
  publicOrOperator: OperatorCaller | null
  tenant: TenantCaller<T>
  operator: OperatorCaller
  tenantOrOperator: Caller<T>
}[A['kind']]

/** An object schema. Unknown query parameters are refused by the kernel, whatever the schema says of them. */
export type InputSchema = z.ZodObject

/** A body in the form of its schema. */
export interface Transformed {
  readonly value: unknown
  /** How a place of that form is named to the client: a JSON pointer into what it sent, or the name of a header. */
  readonly pointerTo: (path: readonly PropertyKey[]) => string
}

/** A JSON body. Use `z.unknown()` for members of any form: `z.record` silently drops a member called `__proto__`. */
export interface JsonBody<S extends z.ZodType = z.ZodType> {
  readonly kind: 'json'
  /** Checks the parsed body, after `transform`. Integers beyond 2^53 arrive as raw JSON (`isRawJson`). */
  readonly schema: S
  readonly maxBytes: number
  /** Lower case, without parameters. Default: application/json. */
  readonly mediaTypes?: readonly string[]
  /**
   * Brings what clients send into the one form that the schema takes, such as other media types. A TrickleError that it
   * throws reaches the client. It sees the body before any check, so it must not walk through more than the schema
   * takes.
   */
  readonly transform?: (json: unknown, mediaType: string, headers: RequestHeaders) => Transformed
  /** What other media types look like before `transform`, for the reference only. */
  readonly documented?: Readonly<Record<string, { readonly schema: z.ZodType; readonly example?: unknown }>>
  readonly example?: unknown
}

/**
 * A body that the handler reads itself, chunk by chunk; it must limit what it takes. It fails with UPLOAD_TOO_SLOW when
 * the client sends too slowly, and when the time of the request is over.
 */
export interface StreamBody {
  readonly kind: 'stream'
  readonly mediaTypes: readonly string[]
  readonly description?: string
  /** Text of a whole body. */
  readonly example?: string
}

export interface NoBody {
  readonly kind: 'none'
}

export type BodyDefinition = JsonBody | StreamBody | NoBody

export type BodyOf<B extends BodyDefinition> =
  B extends JsonBody<infer S> ? z.output<S> : B extends StreamBody ? ReadableStream<Uint8Array> : undefined

export interface ResponseDefinition {
  readonly description: string
  readonly schema?: z.ZodType
  /** Default: application/json where there is a schema. */
  readonly mediaType?: string
  /**
   * Other forms of the same answer, by the client's Accept, each with the text of an example. The reference tells of
   * them in words.
   */
  readonly alternatives?: Readonly<Record<string, { readonly example: string }>>
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly example?: string }>>
  readonly example?: unknown
}

/**
 * The caller's Idempotency-Key, with a prefix for its source, so that a queue's key never equals an HTTP key. The
 * fingerprint stands for the request, so that a key which is used again for another request is noticed.
 */
export interface Idempotency {
  readonly key: string
  /** SHA-256 of method, path template, parameters, query, conditions, media type and canonical body. */
  readonly fingerprint: Buffer
}

/** What a handler works with. */
export interface HandlerContext<T, A extends Access, P, Q, H, B> {
  readonly params: P
  readonly query: Q
  readonly headers: H
  readonly body: B
  /** Media type of the body, in lower case and without parameters; null without a body. */
  readonly mediaType: string | null
  readonly caller: CallerOf<A, T>
  readonly idempotency: Idempotency | null
  /** W3C trace context that the client sent, to be stored with events; null where it sent none. */
  readonly trace: ClientTrace | null
  /** Id of this invocation's trace: leads from an answer to the logs. */
  readonly traceId: string
  readonly request: IncomingRequest
  /** When the client is answered 504, in milliseconds since the epoch. Pass it and `signal` to all I/O. */
  readonly deadlineAtMs: number
  readonly signal: AbortSignal
  /** Fires when the client hangs up, as far as that can be seen. Code that only waits should stop; a write goes on. */
  readonly clientSignal: AbortSignal
  /**
   * Checks the token and its tenant again, for answers that go on for long: meanwhile the token may expire or the
   * tenant may be suspended.
   * @throws TrickleError as the request itself would be refused now
   */
  readonly checkAgain: () => Promise<void>
}

export type MaybePromise<V> = V | Promise<V>

/** What the reference, the overlap check and the client know of a route. */
export interface RouteFacts {
  /** Name of the Azure function; routes are tried in the order of their names. */
  readonly name: string
  readonly method: RouteMethod
  /** '/api/streams/{streamId}/events' */
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly access: Access
  readonly request: {
    readonly params: InputSchema | undefined
    readonly query: InputSchema | undefined
    readonly headers: InputSchema | undefined
    readonly body: BodyDefinition
  }
  readonly responses: Readonly<Record<number, ResponseDefinition>>
  /** The errors of the handler itself; the kernel's own codes are added where all of a route's errors are listed. */
  readonly errors: readonly AnyError[]
  readonly idempotency: 'receipt' | 'none'
  readonly deadlineMs: number
  readonly runsOn: RunsOn
  /** True where the two apps share the route by the kind of its caller; see split-app.ts. */
  readonly isByCaller: boolean
  /** True for the one route that answers what no other route matches: it takes every method and checks no input. */
  readonly isCatchAll: boolean
}

/** A route as the kernel runs it: the types of its inputs are known to its handler only. */
export interface Route<T> extends RouteFacts {
  readonly handler: (context: HandlerContext<T, Access, never, never, never, never>) => MaybePromise<Reply>
}
