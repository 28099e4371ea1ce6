/**
 * HTTP without streaming: the whole request goes to the library as data, the whole response comes back as data.
 *
 * Source: azure-functions-host, GrpcMessageConversionExtensions.cs (ToRpcHttp), ExceptionMiddleware.cs.
 */
import type { CoreHttpData, CoreInvocationResponse, TypedData } from './core-api.ts'
import type { FunctionExecutor } from './function-executor.ts'
import { answerEmpty, answerTooLarge, declaredBodyBytes, readBody } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { joinHeaders, joinQuery } from './http-request-data.ts'
import type { RouteMatch } from './route-table.ts'
import { formatSetCookie } from './set-cookie.ts'
import { childTraceContext } from './trace-context.ts'

export interface BufferedHttpOptions {
  readonly executor: FunctionExecutor
  readonly bodyLimitBytes: number
}

/** Runs the function and answers: its response, 204 when it returned nothing, 500 without a body when it threw. */
export async function serveBuffered(
  exchange: HttpExchange,
  match: RouteMatch,
  options: BufferedHttpOptions,
): Promise<void> {
  const { request } = exchange
  let body: TypedData | undefined
  // A chunked upload has no Content-Length, and the platform then gives the function an empty body.
  if ((declaredBodyBytes(request) ?? 0) > 0) {
    const bytes = await readBody(request, options.bodyLimitBytes)
    if (bytes === undefined) {
      answerTooLarge(exchange)
      return
    }
    body = { bytes }
  }
  const response = await runFunction(exchange, match, options.executor, body)
  if (response === undefined) answerEmpty(exchange, 500)
  else if (response.returnValue?.http === undefined) answerEmpty(exchange, 204)
  else answerHttpData(exchange, response.returnValue.http)
}

async function runFunction(
  exchange: HttpExchange,
  match: RouteMatch,
  executor: FunctionExecutor,
  body: TypedData | undefined,
): Promise<CoreInvocationResponse | undefined> {
  const { request, path } = exchange
  const headers = joinHeaders(request)
  const http: CoreHttpData = {
    url: `http://${headers['host'] ?? 'localhost'}${path.encoded}${path.query}`,
    method: request.method ?? 'GET',
    headers,
    query: joinQuery(path.query),
    params: match.values,
    ...(body === undefined ? {} : { body }),
  }
  try {
    const outcome = await executor.run(match.route.fn, {
      invocationId: executor.newInvocationId(),
      data: { http },
      triggerMetadata: {},
      traceContext: childTraceContext(headers['traceparent'], headers['tracestate']),
      reason: 'This function was programmatically called via the host APIs.',
      logLevel: 'debug',
    })
    return outcome.response
  } catch {
    // The executor has logged the error. The client gets only the status.
    return undefined
  }
}

function answerHttpData(exchange: HttpExchange, data: CoreHttpData): void {
  const { response, extraHeaders } = exchange
  const status = Number(data.statusCode ?? 200)
  const body = data.body?.bytes
  const headers = [...extraHeaders]
  for (const [name, value] of Object.entries(data.headers ?? {})) {
    // The host itself sets the length of the body. A length or transfer coding of the app would break the connection.
    if (name !== 'content-length' && name !== 'transfer-encoding' && name !== 'connection')
      headers.push(name, value)
  }
  for (const cookie of data.cookies ?? []) headers.push('Set-Cookie', formatSetCookie(cookie))
  if (status !== 204 && status !== 304) headers.push('Content-Length', String(body?.length ?? 0))
  response.writeHead(status, headers)
  response.end(body)
}
