/**
 * The host's HTTP server: takes the port at once, answers 503 until the app has started, and then passes each request
 * through CORS, the admin endpoints, the functions' routes and the home page, in this order.
 *
 * Source of the order: azure-functions-host, WebJobsApplicationBuilderExtension.cs, HomepageMiddleware.cs.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CorsPolicy } from './cors.ts'
import { answerEmpty, answerText } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { readRequestPath } from './request-path.ts'
import type { RequestPath } from './request-path.ts'
import { HOST_CATEGORY } from './log.ts'
import type { HostLog } from './log.ts'
import { HostStartFailure, messageOf, stackOf, systemCodeOf } from './start-failure.ts'

/**
 * Kestrel's limits: 32 KiB and 100 headers, 30 s to send them, 130 s of idle keep-alive. Its limit of 8 KiB for the
 * request line is not imitated. Here the line counts with the headers, so the app gets longer lines than in Azure.
 */
const HEADER_LIMIT_BYTES = 32_768
const HEADERS_MAX = 100
const HEADERS_TIMEOUT_MS = 30_000
const KEEP_ALIVE_TIMEOUT_MS = 130_000

/** Serves one exchange. False: the next stage has to try. */
export type HttpStage = (exchange: HttpExchange) => boolean

export interface HttpFrontOptions {
  readonly cors: CorsPolicy | undefined
  readonly homePage: boolean
  readonly log: HostLog
}

export interface HttpFront {
  readonly port: number
  /** From this call on requests are served. Before it they are answered with 503. */
  open(stages: readonly HttpStage[]): void
  /** Stops listening and closes idle connections. */
  close(): void
  /** Closes all connections that are left. */
  destroy(): void
}

/**
 * Takes the port on 127.0.0.1; 0 picks a free one.
 * @throws HostStartFailure PORT_TAKEN
 */
export async function openHttpFront(port: number, options: HttpFrontOptions): Promise<HttpFront> {
  let stages: readonly HttpStage[] | undefined
  const server = createServer({ maxHeaderSize: HEADER_LIMIT_BYTES }, (request, response) =>
    handle(request, response, stages, options),
  )
  server.headersTimeout = HEADERS_TIMEOUT_MS
  // Node silently drops headers above its limit. With one more than is allowed, a request with too many is noticed.
  server.maxHeadersCount = HEADERS_MAX + 1
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  // No limit, since an upload may take long. A streamed upload that stalls is ended by the activity timeout.
  server.requestTimeout = 0
  await listen(server, port)
  return {
    port: (server.address() as AddressInfo).port,
    open(opened) {
      stages = opened
    },
    close() {
      server.close()
      server.closeIdleConnections()
    },
    destroy: () => server.closeAllConnections(),
  }
}

function handle(
  request: IncomingMessage,
  response: ServerResponse,
  stages: readonly HttpStage[] | undefined,
  options: HttpFrontOptions,
): void {
  // A write to a client that has disconnected is not a defect. Without a listener this error would end the process.
  response.on('error', () => undefined)
  const cors = options.cors?.answer(request)
  const path = readRequestPath(request.url ?? '/')
  const exchange: HttpExchange = {
    request,
    response,
    path: path ?? { decoded: '/', encoded: '/', query: '' },
    extraHeaders: cors?.headers ?? [],
  }
  if (path === undefined) answerEmpty(exchange, 400)
  else if (request.rawHeaders.length > 2 * HEADERS_MAX) answerEmpty(exchange, 431)
  else if (cors?.isPreflight === true) answerEmpty(exchange, 204)
  else if (stages === undefined) answerEmpty(exchange, 503)
  else {
    noteRawUrl(request, path)
    passThrough(exchange, stages, options)
  }
}

/**
 * Azure's front end passes the URL as it came in a header of its own. By it the app can see that the path was different
 * before dots and percent-encodings were resolved. Here the header is added only when the path was different.
 */
function noteRawUrl(request: IncomingMessage, path: RequestPath): void {
  const raw = request.url ?? '/'
  if (raw !== path.encoded + path.query) request.rawHeaders.push('X-WAWS-Unencoded-URL', raw)
}

function passThrough(exchange: HttpExchange, stages: readonly HttpStage[], options: HttpFrontOptions): void {
  try {
    if (!stages.some((stage) => stage(exchange))) answerUnmatched(exchange, options)
  } catch (error) {
    // A request that the host can't handle must not end the process, since other requests would be lost with it.
    const message = `An unhandled host error has occurred. ${stackOf(error)}`
    options.log.write({ level: 'error', category: HOST_CATEGORY, message })
    answerEmpty(exchange, 500)
  }
}

function answerUnmatched(exchange: HttpExchange, { homePage }: HttpFrontOptions): void {
  if (exchange.path.decoded !== '/') answerEmpty(exchange, 404)
  else if (homePage)
    answerText(
      exchange,
      200,
      'text/plain; charset=utf-8',
      'Your Functions host is up and running (local host of Trickle).\n',
    )
  else answerEmpty(exchange, 204)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = systemCodeOf(error) === 'EADDRINUSE'
      const message = taken
        ? `port ${port} is taken (EADDRINUSE); stop the other program or choose another with --port`
        : `port ${port} can't be opened (${messageOf(error)}); choose another with --port`
      reject(new HostStartFailure('PORT_TAKEN', message, error))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}
