import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { systemCode } from '../../failure/index.ts'
import { portTaken } from '../../ports/index.ts'

export interface RunningServer {
  /** For example http://127.0.0.1:8080 */
  readonly origin: string
  close(): Promise<void>
}

/** Longer than clients keep idle connections. Otherwise a client could reuse one at the moment the server closes it. */
const KEEP_ALIVE_MS = 75_000

/**
 * Serves on 127.0.0.1.
 * @throws LocalFailure PORT_TAKEN
 */
export async function serve(
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // The failure happened while an answer was written. If the response stayed open, the client would wait for ever.
      if (!response.destroyed) console.error(`An answer of the analytics stand-in failed: ${String(error)}`)
      response.destroy()
    })
  })
  try {
    const bound = await listen(server, port)
    return { origin: `http://127.0.0.1:${bound}`, close: () => close(server) }
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE') throw portTaken(port, 'analytics', '--analytics-port')
    throw error
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

/** How long answers that have begun may go on when the server stops. */
const GRACE_MS = 1000

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.closeAllConnections()
    }, GRACE_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
