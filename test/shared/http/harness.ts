import { HttpRequest, HttpResponse, InvocationContext } from '@azure/functions'
import type { HttpRequestInit } from '@azure/functions'
import { isRole } from '../../../shared/auth/index.ts'
import type { Identity } from '../../../shared/auth/index.ts'
import { TrickleError } from '../../../shared/errors/index.ts'
import { z } from 'zod'
import { createKernel, defineRouteFor } from '../../../shared/http/index.ts'
import type { RouteDefinition, Caller, Kernel, KernelOptions, Route } from '../../../shared/http/index.ts'

/** What the tests' tenants look like. */
export interface TestTenant {
  readonly slug: string
}

export interface LogEntry {
  readonly level: 'error' | 'info' | 'warn'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface TestKernel {
  readonly kernel: Kernel<TestTenant>
  readonly log: LogEntry[]
}

/** Tokens of the tests say who they are: "Bearer <role>,<role>@<tenant>"; without a tenant there is no "@". */
export async function authenticate(header: string | null): Promise<Identity> {
  const match = /^Bearer ([a-z,]*)(?:@(.*))?$/.exec(header ?? '')
  if (match === null) throw new TrickleError('TOKEN_MISSING', 'no token')
  return {
    issuer: 'https://issuer.example',
    subject: 'test',
    application: null,
    roles: new Set((match[1] ?? '').split(',').filter(isRole)),
    withheld: new Map(),
    tenantClaim: match[2] ?? null,
    tenantKey: 'any',
    expiresAtMs: 4_000_000_000_000,
  }
}

/** A kernel that verifies replies, with a logger that the test can read. */
export function testKernel(options: Partial<KernelOptions<TestTenant>> = {}): TestKernel {
  const log: LogEntry[] = []
  const kernel = createKernel<TestTenant>({
    authenticate,
    resolveCaller,
    logger: {
      info: (message, fields) => log.push({ level: 'info', message, fields }),
      error: (message, fields) => log.push({ level: 'error', message, fields }),
      warn: (message, fields) => log.push({ level: 'warn', message, fields }),
    },
    verifyResponses: true,
    ...options,
  })
  return { kernel, log }
}

async function resolveCaller(
  { issuer, subject, application, roles, tenantClaim }: Identity,
  _limits: unknown,
  namedTenant: string | null,
): Promise<Caller<TestTenant>> {
  const known = { issuer, subject, application, roles }
  const slug = tenantClaim ?? namedTenant
  return slug === null ? { kind: 'operator', ...known } : { kind: 'tenant', ...known, tenant: { slug } }
}

export interface CallOptions {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  /** A string is sent with its Content-Length, chunks without one. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
  readonly params?: Record<string, string>
  readonly traceParent?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  readonly json: Record<string, unknown> | undefined
}

const ORIGIN = 'https://trickle.example'

/** The request as the library makes it with HTTP streaming: around a native one (its constructor takes that, though its type does not say so). */
export function makeRequest(options: CallOptions): HttpRequest {
  const { method = 'GET', path = '/', headers = {}, body, params = {} } = options
  const length = typeof body === 'string' || body instanceof Uint8Array ? Buffer.byteLength(body) : undefined
  const nativeRequest = new Request(new URL(path, ORIGIN), {
    method,
    headers: { ...(length === undefined ? {} : { 'content-length': String(length) }), ...headers },
    ...(body === undefined ? {} : { body: body as string, duplex: 'half' }),
  })
  const init = { nativeRequest, params } as HttpRequestInit
  return new HttpRequest(init)
}

/** Calls one route's handler as the platform does, and turns its answer into a response by the library's own class. */
export async function call<T = TestTenant>(
  kernel: Kernel<T>,
  route: Route<T>,
  options: CallOptions = {},
): Promise<Answer> {
  const invocation = new InvocationContext({
    invocationId: '11111111-2222-3333-4444-555555555555',
    functionName: route.name,
    ...(options.traceParent === undefined ? {} : { traceContext: { traceParent: options.traceParent } }),
  })
  const given = await kernel.handlerFor(route)(
    makeRequest({ method: route.method, path: route.path, ...options }),
    invocation,
  )
  if (given === undefined || given === null) throw new Error('the kernel gave no answer')
  const response = given instanceof HttpResponse ? given : new HttpResponse(given)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** A tenant's token with these roles. */
export const as = (roles: string, tenant = 'acme'): Record<string, string> => ({
  authorization: `Bearer ${roles}@${tenant}`,
})

type PublicDefinition = RouteDefinition<
  TestTenant,
  { kind: 'public' },
  z.ZodObject,
  z.ZodObject,
  z.ZodObject,
  { kind: 'none' }
>

/** A public route whose handler is what a test is about. */
export function routeWith(handler: PublicDefinition['handler'], options: Partial<PublicDefinition> = {}) {
  return defineRouteFor<TestTenant>()({
    name: 'thing-read',
    method: 'GET',
    path: '/api/thing',
    summary: 'A thing',
    tags: ['Things'],
    access: { kind: 'public' },
    request: {},
    responses: { 200: { description: 'ok', schema: z.looseObject({}) }, 204: { description: 'nothing' } },
    ...options,
    handler,
  })
}
