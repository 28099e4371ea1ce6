import { TrickleError } from '../../errors/index.ts'
import { codeOf } from '../../postgres/index.ts'
import type { Statement } from '../../postgres/index.ts'
import type { FeedEvent } from '../run/feed-event.ts'
import type { MemberRun } from '../run/member-run.ts'
import { SubscriptionEvent } from '../run/subscription-event.ts'
import { beginTenantReplay, DONE_BEFORE, HOLDER_LOST } from './statements.ts'

/**
 * Sends one step, which begins with `beginTenantStep` or `beginTenantReplay`. After a lost answer the step is sent
 * again, and its first statement fails if the step was committed before.
 * @returns false when the step was committed before.
 * @throws TrickleError LEASE_LOST, and the errors of shared/postgres.
 */
export async function sendStep(run: MemberRun, statements: readonly Statement[]): Promise<boolean> {
  try {
    await run.database.inOneTrip(statements, { resolvesAmbiguity: true, onError: refusalOfStep })
    return true
  } catch (error) {
    if (codeOf(error) === HOLDER_LOST) throw run.lease.lost()
    if (codeOf(error) === DONE_BEFORE) return false
    throw error
  }
}

/**
 * The statements that the projection's code returns for events of one tenant.
 * @throws what the code threw; TrickleError INTERNAL for a statement that could end the transaction. Later statements
 *   would not be bound to the tenant, and the effect could be committed without the progress.
 */
export function effectsOf(
  run: MemberRun,
  events: readonly SubscriptionEvent[],
  tenantId: string,
): readonly Statement[] {
  const effects = run.projection.project(events, tenantId)
  const other = effects.find(({ text }) => !/^\s*(insert|update|delete|merge|with|select)\b/i.test(text))
  if (other === undefined) return effects
  throw new TrickleError(
    'INTERNAL',
    `The statement "${other.name}" of the projection ${run.subscription.name} must begin with insert, update, delete, merge, with or select.`,
  )
}

/** Lets a projection handle an event again that was set aside. Does nothing when an operator has decided otherwise. */
export async function projectAgain(run: MemberRun, event: FeedEvent, parkedId: string): Promise<void> {
  const { tenantId } = event
  const effects = effectsOf(run, [new SubscriptionEvent(event)], tenantId)
  await sendStep(run, [beginTenantReplay(run.lease, tenantId, parkedId), ...effects])
}

/** Keeps the driver's error where its SQLSTATE is one of a step. */
const refusalOfStep = (error: unknown): Error | undefined =>
  error instanceof Error && [DONE_BEFORE, HOLDER_LOST].includes(codeOf(error)) ? error : undefined
