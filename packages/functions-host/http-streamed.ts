/**
 * HTTP with streaming: the library runs its own HTTP server in this process, and the host forwards each request to it
 * while it invokes the function; the two meet by the header x-ms-invocation-id.
 *
 * Nothing is buffered in either direction. A handler that throws or returns nothing is never answered by the library;
 * the platform lets the client wait for the activity timeout then, and so does this host (it says so in the log).
 * Source: azure-functions-host, DefaultHttpProxyService.cs (YARP); '@azure/functions', http/httpProxy.ts.
 */
import { Agent, request as sendRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { FunctionExecutor } from './function-executor.ts'
import { answerEmpty, answerTooLarge, declaredBodyBytes } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { streamTriggerMetadata } from './http-request-data.ts'
import type { HostLog } from './log.ts'
import type { RouteMatch } from './route-table.ts'
import { childTraceContext } from './trace-context.ts'

export interface StreamedHttpOptions {
  /** The library's server. */
  readonly server: URL
  readonly executor: FunctionExecutor
  readonly log: HostLog
  readonly bodyLimitBytes: number
  /** Without a byte in either direction for this long the request is given up: 504, or cut off when it has begun. */
  readonly activityTimeoutMs: number
}

export interface StreamedHttp {
  serve(exchange: HttpExchange, match: RouteMatch): void
  close(): void
}

/** Headers that belong to one connection (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
]

/** Of a response: Date is set by the outer server itself. */
const NOT_PASSED_BACK = new Set([...HOP_BY_HOP, 'date'])

/**
 * Of a request: what the host writes itself. It overwrites an x-ms-invocation-id of the client (since
 * 2025-04; before that the client's own won, and the two halves never met: azure-functions-host, issue 10934).
 */
const NOT_FORWARDED = new Set([
  ...HOP_BY_HOP,
  'content-length',
  'expect',
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-ms-invocation-id',
])

/** The platform's client sends ASCII only; a header with anything else ends in 502, while the invocation goes on. */
const BEYOND_ASCII = /[\x80-\uffff]/

/** Idle connections to the library's server that are kept; above this many at once a new one costs little. */
const KEPT_CONNECTIONS = 256

export function createStreamedHttp(options: StreamedHttpOptions): StreamedHttp {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: KEPT_CONNECTIONS, scheduling: 'lifo' })

  function serve(exchange: HttpExchange, match: RouteMatch): void {
    const invocationId = options.executor.newInvocationId()
    forward(exchange, invocationId, agent, options)
    const { request, path } = exchange
    const header = (name: 'traceparent' | 'tracestate'): string | undefined =>
      request.headers[name] as string | undefined
    options.executor
      .run(match.route.fn, {
        invocationId,
        data: { http: {} },
        triggerMetadata: streamTriggerMetadata(request, path.query, match.values),
        traceContext: childTraceContext(header('traceparent'), header('tracestate')),
        reason: 'This function was programmatically called via the host APIs.',
        logLevel: 'debug',
      })
      .then(({ result }) => {
        if (result === null || result === undefined) warnUnanswered(exchange, match, invocationId)
      })
      .catch(() => warnUnanswered(exchange, match, invocationId))
  }

  function warnUnanswered({ response }: HttpExchange, match: RouteMatch, invocationId: string): void {
    if (response.headersSent || response.closed) return
    const message =
      'With HTTP streaming nobody answers for a handler that threw or returned nothing: unless the app did it itself, ' +
      `the client waits until the platform gives up after ${options.activityTimeoutMs / 1_000} s.`
    options.log.write({ level: 'warning', category: match.route.fn.name, invocationId, message })
  }

  return { serve, close: () => agent.destroy() }
}

function forward(
  exchange: HttpExchange,
  invocationId: string,
  agent: Agent,
  options: StreamedHttpOptions,
): void {
  const { request, response, path } = exchange
  const bodyBytes = declaredBodyBytes(request)
  if (request.rawHeaders.some((text) => BEYOND_ASCII.test(text))) {
    answerEmpty(exchange, 502)
    return
  }
  const headers = forwardedHeaders(request)
  if (bodyBytes === undefined) headers.push('transfer-encoding', 'chunked')
  else if (bodyBytes > 0) headers.push('content-length', String(bodyBytes))
  headers.push('x-ms-invocation-id', invocationId)

  const upstream = sendRequest({
    host: '127.0.0.1',
    port: options.server.port,
    method: request.method,
    path: path.encoded + path.query,
    agent,
    headers,
    timeout: options.activityTimeoutMs,
  })
  let timedOut = false
  upstream.on('timeout', () => {
    timedOut = true
    upstream.destroy()
  })
  upstream.on('response', (incoming) => passResponse(exchange, incoming))
  upstream.on('error', () => {
    if (!response.closed && !response.writableEnded) answerEmpty(exchange, timedOut ? 504 : 502)
  })
  // The client has disconnected: the library's server sees its connection close and stops sending.
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy()
  })
  if (bodyBytes === 0) {
    upstream.end()
    return
  }
  // Answered before the upload has ended: what still comes is dropped, or the client's connection would stand still.
  response.on('finish', () => {
    if (request.complete) return
    request.unpipe(upstream)
    request.resume()
    upstream.destroy()
  })
  if (bodyBytes === undefined) limitUpload(exchange, upstream, options.bodyLimitBytes)
  request.pipe(upstream)
}

/** All of the client's headers, as the platform passes them on: the worker's server has to take their whole size. */
function forwardedHeaders(request: IncomingMessage): string[] {
  const headers: string[] = []
  const raw = request.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    if (!NOT_FORWARDED.has(name.toLowerCase())) headers.push(name, raw[index + 1] ?? '')
  }
  headers.push('host', 'localhost')
  headers.push('x-forwarded-host', request.headers.host ?? 'localhost', 'x-forwarded-proto', 'http')
  return headers
}

/** Counts a chunked upload; one with a Content-Length is checked before it gets here. */
function limitUpload(exchange: HttpExchange, upstream: ClientRequest, limitBytes: number): void {
  let received = 0
  exchange.request.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received <= limitBytes || upstream.destroyed) return
    exchange.request.unpipe(upstream)
    answerTooLarge(exchange)
    upstream.destroy()
  })
}

function passResponse(exchange: HttpExchange, incoming: IncomingMessage): void {
  const { response, extraHeaders } = exchange
  if (response.headersSent || response.closed) {
    incoming.destroy()
    return
  }
  const headers = [...extraHeaders]
  const raw = incoming.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    if (!NOT_PASSED_BACK.has(name.toLowerCase())) headers.push(name, raw[index + 1] ?? '')
  }
  response.writeHead(incoming.statusCode ?? 502, headers)
  // A response that breaks off must break off for the client too; ending it well would make it look complete.
  incoming.on('error', () => response.destroy())
  incoming.pipe(response)
}
