import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What is known of the connection that an answer goes out by. */
export interface ClientConnection {
  /** Fires when the client has hung up before the answer was complete. */
  readonly signal: AbortSignal
  /** Resolves when what was written has left for the network, or the connection is closed. */
  readonly drained: () => Promise<void>
}

/**
 * Published by node:http for each request of each server of this process (Node's documentation, "Diagnostics Channel").
 */
const REQUEST_STARTED = 'http.server.request.start'
/** By this header the platform tells the library which invocation a request belongs to. */
const INVOCATION_HEADER = 'x-ms-invocation-id'

const responses = new Map<string, ServerResponse>()
let isWatching = false

/**
 * Begins to note the responses of the library's own HTTP server, by invocation. The library shows a handler neither
 * that its client has disconnected nor that the socket is full (azure-functions-nodejs-library, issue 294): a viewer
 * that left would hold its place until the time limit, and a slow one would have its whole answer kept in memory. Where
 * nothing is seen (another version of the library, a test without HTTP) the time limits of each answer still hold.
 */
export function watchClients(): void {
  if (isWatching) return
  isWatching = true
  subscribe(REQUEST_STARTED, (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    const invocationId = request.headers[INVOCATION_HEADER]
    if (typeof invocationId !== 'string') return
    responses.set(invocationId, response)
    response.once('close', () => {
      if (responses.get(invocationId) === response) responses.delete(invocationId)
    })
  })
}

/** The connection of an invocation. If it is not known, this is one that never fires and never fills up. */
export function clientOf(invocationId: string): ClientConnection {
  const response = responses.get(invocationId)
  const controller = new AbortController()
  if (response === undefined) return { signal: controller.signal, drained: async () => undefined }
  const onClose = (): void => {
    if (!response.writableFinished) controller.abort(new Error('The client has hung up'))
  }
  if (response.closed) onClose()
  else response.once('close', onClose)
  return { signal: controller.signal, drained: () => drained(response) }
}

function drained(response: ServerResponse): Promise<void> {
  if (!response.writableNeedDrain || response.closed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}
