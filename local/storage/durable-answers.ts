import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** What we use of a LokiJS database (lokijs 1.5.12): Azurite keeps its books in four of them. */
export interface LokiDatabase {
  readonly throttledSavePending: boolean
  autosaveDirty(): boolean
  autosaveDisable(): void
  /** Calls back when a state at least as new as now is in the file (written aside and renamed). */
  saveDatabase(callback: (error?: unknown) => void): void
}

/**
 * Makes what Azurite acknowledges durable. Azurite writes its books every 5 s; a queue message acknowledged 4 s before
 * a `kill -9` would be gone, and its sender would never know. Here the end of the answer to every change waits until
 * the books are on disk; changes that arrive together share one write. Reads are not held (the visibility that a
 * queue read changes may be lost: the message then shows again early, as at-least-once delivery allows).
 *
 * @param books in the order to save: the books of the data extents before those that refer to them, since a
 *   reference to an unknown extent would make its message unreadable for ever
 */
export function holdAnswersUntilSaved(server: Server, books: readonly LokiDatabase[]): void {
  for (const book of books) book.autosaveDisable()
  const saveAll = async (): Promise<void> => {
    for (const book of books) await save(book)
  }
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return
    const end = response.end.bind(response) as (...parts: unknown[]) => ServerResponse
    const endWhenSaved = (...parts: unknown[]): ServerResponse => {
      saveAll().then(
        () => end(...parts),
        (error: unknown) => {
          // No answer is the honest one: whether the change survives is not known.
          console.error(`Azurite could not write its books to disk: ${String(error)}`)
          response.destroy()
        },
      )
      return response
    }
    response.end = endWhenSaved as typeof response.end
  })
}

function save(database: LokiDatabase): Promise<void> {
  // Not dirty, but a save under way: the change may be in what is being written and not yet on disk.
  if (!database.autosaveDirty() && !database.throttledSavePending) return Promise.resolve()
  return new Promise((resolve, reject) => {
    database.saveDatabase((error) => {
      if (error === undefined || error === null) resolve()
      else reject(error instanceof Error ? error : new Error('Azurite could not write its books to disk.'))
    })
  })
}
