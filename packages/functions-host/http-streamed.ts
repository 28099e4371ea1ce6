/**
 * HTTP with streaming: the library runs its own HTTP server in this process. The host forwards each request to it and
 * also invokes the function; the library joins the two by the header x-ms-invocation-id.
 *
 * Nothing is buffered in either direction. When a handler throws or returns nothing, the library sends no answer. The
 * client then waits until the activity timeout, on the platform and here (this host says so in the log).
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
  /** After this long without a byte in either direction the answer is 504; an answer that has begun is cut off. */
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

/** Headers of a response that are not passed on. The host's own server sets Date. */
const NOT_PASSED_BACK = new Set([...HOP_BY_HOP, 'date'])

/**
 * Headers of a request that the host writes itself. It overwrites an x-ms-invocation-id of the client. (The platform
 * does so since 2025-04. Before, it used the client's id, which matched no invocation: azure-functions-host, issue
 * 10934.)
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

/** The platform's client sends ASCII only. Another character in a header gives 502, while the invocation goes on. */
const BEYOND_ASCII = /[\x80-\uffff]/

/** How many idle connections to the library's server are kept. With more requests at once, a new one costs little. */
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
  // Answered before the upload has ended: the rest of the upload is dropped. Otherwise the client's connection would
  // stall.
  response.on('finish', () => {
    if (request.complete) return
    request.unpipe(upstream)
    request.resume()
    upstream.destroy()
  })
  if (bodyBytes === undefined) limitUpload(exchange, upstream, options.bodyLimitBytes)
  request.pipe(upstream)
}

/** All of the client's headers, as on the platform, so that the worker's server gets them in their full size. */
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

/** Counts the bytes of a chunked upload. An upload with a Content-Length is checked before it gets here. */
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
  // A response that breaks off must break off for the client too. With a normal end it would look complete.
  incoming.on('error', () => response.destroy())
  incoming.pipe(response)
}
