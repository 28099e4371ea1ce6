import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** The parts of a LokiJS database (lokijs 1.5.12) that are used here. Azurite keeps its metadata in four of them. */
export interface LokiDatabase {
  readonly throttledSavePending: boolean
  autosaveDirty(): boolean
  autosaveDisable(): void
  /** Calls back when the present state, or a newer one, is in the file (written under another name and renamed). */
  saveDatabase(callback: (error?: unknown) => void): void
}

/**
 * Makes the changes that Azurite acknowledges durable. Azurite writes its metadata ("books" here) every 5 s. A queue
 * message acknowledged 4 s before a `kill -9` would be lost, and its sender would never know. Here the end of the
 * answer to every change waits until the books are on disk; changes that arrive together share one write. Answers to
 * reads do not wait. A queue read changes when its message is visible again; if that is lost, the message comes again
 * early, as at-least-once delivery allows.
 *
 * @param books in the order of saving: the books of the data extents before the books that refer to them. After a crash
 *   a reference to an unknown extent would make its message unreadable for ever
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
          // The connection is cut without an answer, since it is not known whether the change survives.
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
  // A book that is not dirty can still have a save in progress: the change may be in that save and not yet on disk.
  if (!database.autosaveDirty() && !database.throttledSavePending) return Promise.resolve()
  return new Promise((resolve, reject) => {
    database.saveDatabase((error) => {
      if (error === undefined || error === null) resolve()
      else reject(error instanceof Error ? error : new Error('Azurite could not write its books to disk.'))
    })
  })
}
