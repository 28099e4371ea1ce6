import { TrickleError } from '../../errors/index.ts'
import { codeOf } from '../../postgres/index.ts'
import type { Statement } from '../../postgres/index.ts'
import type { FeedEvent } from '../run/feed-event.ts'
import type { MemberRun } from '../run/member-run.ts'
import { SubscriptionEvent } from '../run/subscription-event.ts'
import { beginTenantReplay, DONE_BEFORE, HOLDER_LOST } from './statements.ts'

/**
 * Sends one step, which begins with `beginTenantStep` or `beginTenantReplay`. A lost answer is asked for again, and the
 * first statement tells whether it was committed.
 * @returns false when what it does was done before.
 * @throws TrickleError LEASE_LOST, and of the database what its layer makes of it.
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
 * What the projection's code wants written for events of one tenant.
 * @throws what the code threw; TrickleError INTERNAL for a statement that could end the transaction, and with it what binds
 *   the tenant and keeps effect and progress together.
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

/** Has a projection handle an event that was set aside; nothing happens when an operator has decided otherwise. */
export async function projectAgain(run: MemberRun, event: FeedEvent, parkedId: string): Promise<void> {
  const { tenantId } = event
  const effects = effectsOf(run, [new SubscriptionEvent(event)], tenantId)
  await sendStep(run, [beginTenantReplay(run.lease, tenantId, parkedId), ...effects])
}

/** As the driver gave it. */
const refusalOfStep = (error: unknown): Error | undefined =>
  error instanceof Error && [DONE_BEFORE, HOLDER_LOST].includes(codeOf(error)) ? error : undefined
