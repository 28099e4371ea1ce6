import type { Database, RunStatement } from '../../postgres/index.ts'

/** What a subscription's code threw by itself; kept apart from the driver's errors, which the database layer reads. */
class CodeFailed extends Error {
  constructor(cause: unknown) {
    super('the code of the subscription failed', { cause })
  }
}

/**
 * Has an effect and records progress in one transaction. The record comes last: it names the fence and holds its row until
 * the commit, so nobody can take over in between, and up to then the heartbeat is free to renew the lease. Both may run
 * again from their start when the database undid them.
 * @throws what `effect` threw, as it came; of the database what its layer makes of it.
 */
export function inOneTransaction<T>(
  database: Database,
  effect: (run: RunStatement) => Promise<void>,
  record: (run: RunStatement) => Promise<T>,
): Promise<T> {
  return database.transaction(
    async (run) => {
      const byDriver = new Set<unknown>()
      const watched: RunStatement = (statement) =>
        run(statement).catch((error: unknown) => {
          byDriver.add(error)
          throw error
        })
      await effect(watched).catch((error: unknown) => {
        throw byDriver.has(error) ? error : new CodeFailed(error)
      })
      return record(run)
    },
    { onError: (error) => (error instanceof CodeFailed ? asError(error.cause) : undefined) },
  )
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))
