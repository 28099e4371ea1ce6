/** HTTP triggers: checks route, key, disabled switch and body limit, then calls the function buffered or streamed. */
import type { DispatcherContext, TriggerDispatcher } from './dispatcher.ts'
import type { FunctionKeys } from './function-keys.ts'
import { isLevelEnough } from './function-keys.ts'
import { serveBuffered } from './http-buffered.ts'
import { answerEmpty, answerTooLarge, declaredBodyBytes } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { presentedKey } from './http-request-data.ts'
import { createStreamedHttp } from './http-streamed.ts'
import type { StreamedHttp } from './http-streamed.ts'
import { stackOf } from './start-failure.ts'
import { createRouteTable } from './route-table.ts'
import type { HttpRoute, RouteMatch, RouteTable } from './route-table.ts'

export interface HttpDispatcherOptions {
  readonly routePrefix: string
  readonly bodyLimitBytes: number
  readonly activityTimeoutMs: number
  /** The library's own server when the app streams. */
  readonly streamServer: URL | undefined
}

export interface HttpDispatcher extends TriggerDispatcher {
  readonly routes: readonly HttpRoute[]
  /** Sets the keys. They need the functions' names, so they come later, but before the first request. */
  useKeys(keys: FunctionKeys): void
  /** Serves the request when a function's route matches; false when none does. */
  serve(exchange: HttpExchange): boolean
  /** Closes the connections to the library's server. */
  close(): void
}

export function createHttpDispatcher(
  context: DispatcherContext,
  options: HttpDispatcherOptions,
): HttpDispatcher {
  const { executor, log } = context
  const table: RouteTable = createRouteTable(options.routePrefix)
  const streamed: StreamedHttp | undefined =
    options.streamServer === undefined
      ? undefined
      : createStreamedHttp({ ...options, server: options.streamServer, executor, log })
  let keys: FunctionKeys | undefined

  function serve(exchange: HttpExchange): boolean {
    const match = table.match(exchange.request.method ?? 'GET', exchange.path.decoded)
    if (match === undefined) return false
    const { allowed, isAdmin } = accessOf(exchange, match, keys)
    if (!allowed) {
      answerEmpty(exchange, 401)
    } else if (match.route.fn.disabled && !isAdmin) {
      // The master key still reaches a disabled function, as on the platform.
      answerEmpty(exchange, 404)
    } else if ((declaredBodyBytes(exchange.request) ?? 0) > options.bodyLimitBytes) {
      answerTooLarge(exchange)
    } else if (streamed !== undefined) {
      streamed.serve(exchange, match)
    } else {
      serveBuffered(exchange, match, { executor, bodyLimitBytes: options.bodyLimitBytes }).catch(
        (error: unknown) => {
          // The client has disconnected while it sent its body, or the app returned what can't be written as a
          // response.
          log.write({
            level: 'warning',
            category: match.route.fn.name,
            message: `The request failed: ${stackOf(error)}`,
          })
          answerEmpty(exchange, 500)
        },
      )
    }
    return true
  }

  return {
    routes: table.routes,
    useKeys(opened) {
      keys = opened
    },
    serve,
    close: () => streamed?.close(),
    add(fn) {
      table.add(fn)
    },
    start: () => Promise.resolve(),
    // Nothing to do: requests are served until the server closes. A drain stops only triggers that fetch work.
    stop: () => Promise.resolve(),
    runNow: (fn) => Promise.reject(new Error(`'${fn.name}' has an HTTP trigger: call its URL.`)),
  }
}

/** Whether the presented key opens the function, and whether it is the master key. */
function accessOf(
  exchange: HttpExchange,
  match: RouteMatch,
  keys: FunctionKeys | undefined,
): { allowed: boolean; isAdmin: boolean } {
  const { authLevel, fn } = match.route
  if (authLevel === 'anonymous' && !fn.disabled) return { allowed: true, isAdmin: false }
  const key = presentedKey(exchange.request, exchange.path.query)
  const level = key === undefined || keys === undefined ? 'anonymous' : keys.levelOf(key, fn.name)
  return { allowed: isLevelEnough(level, authLevel), isAdmin: level === 'admin' }
}
