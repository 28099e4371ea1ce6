import type { Database, RunStatement } from '../../postgres/index.ts'
import type { HandlerContext } from '../define.ts'
import type { FeedEvent } from './feed-event.ts'
import type { MemberRun } from './member-run.ts'
import { SubscriptionEvent } from './subscription-event.ts'

/**
 * Has the subscription's code handle events. Code with effects in the database works in one transaction with `record`,
 * which names the fence; other code has done with the events before anything can be recorded.
 * @returns whether `record` ran, and what it did is committed.
 * @throws what the code threw, as it came; of the database what its layer makes of it.
 */
export async function handleEvents(
  run: MemberRun,
  events: readonly FeedEvent[],
  context: HandlerContext,
  record: (run: RunStatement) => Promise<void>,
): Promise<boolean> {
  const { code } = run.subscription
  const seen = events.map((event) => new SubscriptionEvent(event))
  if ('handle' in code) {
    for (const event of seen) await code.handle(event, context)
    return false
  }
  const effect = async (statement: RunStatement): Promise<void> => {
    await code.handleBatch(seen, statement, context)
    // An attempt that was given up must not commit while the next one is under way.
    context.signal.throwIfAborted()
  }
  await inOneTransaction(run.database, effect, record)
  return true
}

/** What a subscription's code threw by itself; kept apart from the driver's errors, which the database layer reads. */
class CodeFailed extends Error {
  constructor(cause: unknown) {
    super('the code of the subscription failed', { cause })
  }
}

/**
 * The record comes last: it names the fence and holds its row until the commit, so nobody can take over in between, and up
 * to then the heartbeat is free to renew the lease. Both may run again from their start when the database undid them.
 */
function inOneTransaction(
  database: Database,
  effect: (run: RunStatement) => Promise<void>,
  record: (run: RunStatement) => Promise<void>,
): Promise<void> {
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
      await record(run)
    },
    { onError: (error) => (error instanceof CodeFailed ? asError(error.cause) : undefined) },
  )
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))
