import type { ServerResponse } from 'node:http'

/** What is known of the connection that an answer goes out by. */
export interface ClientConnection {
  /** Fires when the client has hung up before the answer was complete. */
  readonly signal: AbortSignal
  /** Resolves when what was written has left for the network, or the connection is closed. */
  readonly drained: () => Promise<void>
}

/**
 * The connection of a response. Without it a viewer that left would hold its place until the time limit, and a slow one
 * would have its whole answer kept in memory.
 */
export function connectionOf(response: ServerResponse): ClientConnection {
  const controller = new AbortController()
  const onClose = (): void => {
    if (!response.writableFinished) controller.abort(new Error('The client has hung up'))
  }
  if (response.closed) onClose()
  else response.once('close', onClose)
  return { signal: controller.signal, drained: () => drained(response) }
}

/** Where no connection is known, as in a test without HTTP: it never fires and never fills up. */
export const unknownClient = (): ClientConnection => ({
  signal: new AbortController().signal,
  drained: async () => undefined,
})

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
