import http from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/**
 * The request head that the library's server must accept. The platform's front end (Kestrel) takes 32 KiB of headers
 * and 8 KiB of request line, and adds headers of its own: 64 KiB hold all of it. Node's 16 KiB refuse a head that the
 * front end has let through, and the invocation then waits for a request that never comes.
 *
 * It is set on the server, since a setting is read too late: a worker of the Flex Consumption plan is running when it
 * gets its app, and NODE_OPTIONS are then only copied into its environment (azure-functions-nodejs-worker,
 * FunctionEnvironmentReloadHandler.ts); languageWorkers__node__arguments makes the host throw that worker away and
 * start a cold one (azure-functions-host, WebHostRpcWorkerChannelManager.cs).
 */
export const HEAD_LIMIT_BYTES = 65_536

/**
 * Longer than the 60 s for which the host's client keeps an idle connection: the one that closes it first must be the
 * client. Node's 5 s would now and then close a connection under a request that is just being sent.
 */
const KEEP_ALIVE_TIMEOUT_MS = 130_000

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** The library's server, and what the library does with a request. */
export interface LibraryServer {
  readonly server: Server
  readonly deliver: RequestListener
}

/**
 * Runs `start` and finds the HTTP server that it makes. That server gets our limits, and its requests come to
 * `listener`. Only what `start` does before its first `await` is seen, so nobody else's server is touched.
 * @throws Error when there is more than one server, or one that is not used as expected: a version of the library that
 *   works in another way must not serve requests without limits
 */
export function takeOverServer<Result>(
  start: () => Result,
  listener: RequestListener,
): { readonly result: Result; readonly taken: LibraryServer | undefined } {
  const servers: Server[] = []
  const result = noteServers(servers, start)
  const [server, another] = servers
  if (server === undefined) return { result, taken: undefined }
  const [deliver, second] = server.listeners('request') as RequestListener[]
  if (another !== undefined || deliver === undefined || second !== undefined)
    throw new Error(
      "The HTTP server of '@azure/functions' is not made as expected: its requests are unbounded",
    )
  server.removeAllListeners('request')
  server.on('request', listener)
  // Without a listener Node answers 417 to any expectation it does not know, and the invocation would wait in vain.
  server.on('checkExpectation', listener)
  // The front counts headers. Node would drop those above 2,000, and the invocation's id comes last.
  server.maxHeadersCount = 0
  return { result, taken: { server, deliver } }
}

function noteServers<Result>(servers: Server[], start: () => Result): Result {
  const { createServer } = http
  const limits = { maxHeaderSize: HEAD_LIMIT_BYTES, keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }
  http.createServer = (...parameters: unknown[]) => {
    const options = parameters.find((one) => typeof one === 'object')
    const given = parameters.find((one) => typeof one === 'function')
    const server = createServer({ ...options, ...limits }, given as RequestListener | undefined)
    servers.push(server)
    return server
  }
  try {
    return start()
  } finally {
    http.createServer = createServer
  }
}
