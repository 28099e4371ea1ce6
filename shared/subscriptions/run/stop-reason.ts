import { TrickleError } from '../../errors/index.ts'
import { misfitOf } from '../../postgres/index.ts'
import type { Misfit } from '../../postgres/index.ts'
import type { MemberRun } from './member-run.ts'

/**
 * The error that stops a subscription whose code and database do not fit; null for any other failure. Every event would
 * fail in the same way: without a stop, good events would be parked one after another until somebody looks.
 */
export function stopOf(
  { subscription }: Pick<MemberRun, 'subscription'>,
  error: unknown,
): TrickleError | null {
  const misfit = misfitOf(error)
  if (misfit === null) return null
  const { code, message, lacks } = misfit
  return new TrickleError(
    'SUBSCRIPTION_STOPPED',
    `${message.slice(0, MESSAGE_CHARACTERS_MAX)} (SQLSTATE ${code}). No event is at fault, so none is set aside. ${remedies[lacks]} Then go on: trickle subscriptions resume ${subscription.name}`,
    { cause: error },
  )
}

/** The reason is stored with 2,000 characters, and its end says how to go on. */
const MESSAGE_CHARACTERS_MAX = 1_000

const remedies: Readonly<Record<Misfit['lacks'], string>> = {
  object: 'Run the migration that makes it, or correct its name in the code.',
  right: "Grant it, in a migration, to the login under which the subscription's statements run.",
  sense: 'Correct the statement in the code.',
}
