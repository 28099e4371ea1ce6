import { isTrickleError, TrickleError } from '../../errors/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { Subscription } from '../define.ts'
import { MemberRun } from './member-run.ts'
import type { SubscriptionProblem } from './member-run.ts'
import { Lease } from '../lease/lease.ts'
import type { AcquireOutcome } from '../lease/lease.ts'
import { MemberWork } from './member-work.ts'
import { PutOff } from './put-off.ts'
import { underLease } from './run-once.ts'
import type { RunBudget } from './run-once.ts'
import { register } from '../operations/statements.ts'
import { workLimits } from './work-limits.ts'

export interface SubscriptionRunOptions extends RunBudget {
  /** Called for every failed attempt and every event that is set aside; for logs. */
  readonly onProblem?: (problem: SubscriptionProblem) => void
}

export interface SubscriptionRun {
  /**
   * The most important outcome of all members: 'stopped' before 'budget-spent' (there is more to do) before 'resizing'
   * (there may be more when all members have reached the barrier) before 'done' before the reasons why no lease was
   * given.
   */
  readonly outcome: 'stopped' | 'budget-spent' | 'done' | Exclude<AcquireOutcome, 'acquired'>
  /** Events handled. */
  readonly events: number
  readonly steps: number
}

const RANK = ['stopped', 'budget-spent', 'resizing', 'done', 'waiting', 'busy', 'gone', 'paused'] as const

/**
 * Works on a subscription within a budget. Called by a timer, or by a nudge for speed. When it ends it holds no lease.
 * Any number of instances may call it at once; one of them at a time works on each member. An error of a handler is
 * retried, or parks the event, or stops the subscription, and is never thrown from here.
 * @throws TrickleError of the DATABASE_ family, when the database can't be used; CONFIGURATION_INVALID for a projection
 *   under the name of a subscription that has more than one member.
 */
export async function runSubscription(
  database: Database,
  subscription: Subscription,
  options: SubscriptionRunOptions,
): Promise<SubscriptionRun> {
  const { name, types, streamTypes, startAt } = subscription
  const isGroup = !('project' in subscription.code)
  const [row] = await database.query(register(name, isGroup, types, streamTypes, startAt === 'now'), {
    resolvesAmbiguity: true,
  })
  const count = row?.members ?? 1
  if (!isGroup && count > 1) throw takenByGroup(name, count)
  const members = shuffled(count)
  const lines = Math.min(members.length, workLimits.membersAtOnce)
  // Each member gets its part of the time. Otherwise the first ones could use it all up.
  const sliceMs = (options.timeMs * lines) / members.length
  const runs: SubscriptionRun[] = []
  const failures: unknown[] = []
  await Promise.all(
    Array.from({ length: lines }, async () => {
      for (let member = members.pop(); member !== undefined; member = members.pop()) {
        await runMember(database, subscription, member, { ...options, timeMs: sliceMs }).then(
          (run) => runs.push(run),
          (error: unknown) => failures.push(error),
        )
      }
    }),
  )
  if (failures.length > 0) throw failures[0]
  return {
    outcome: RANK.find((rank) => runs.some(({ outcome }) => outcome === rank)) ?? 'done',
    events: runs.reduce((sum, { events }) => sum + events, 0),
    steps: runs.reduce((sum, { steps }) => sum + steps, 0),
  }
}

async function runMember(
  database: Database,
  subscription: Subscription,
  member: number,
  { timeMs, stepsMax, onProblem }: SubscriptionRunOptions,
): Promise<SubscriptionRun> {
  const endMs = performance.now() + timeMs
  const lease = await Lease.acquire(database, subscription.name, member)
  if (typeof lease === 'string') return { outcome: lease, events: 0, steps: 0 }
  const run = new MemberRun(database, subscription, lease, endMs, onProblem ?? (() => {}))
  const work = new MemberWork(run)
  let steps = 0
  try {
    const outcome = await underLease(lease, async () => {
      while (steps < stepsMax && performance.now() < endMs) {
        if (!(await work.step())) return run.isAtBarrier ? ('resizing' as const) : ('done' as const)
        steps += 1
      }
      return 'budget-spent' as const
    })
    return { outcome, events: run.handled, steps }
  } catch (error) {
    if (error instanceof PutOff) return { outcome: 'waiting', events: run.handled, steps }
    if (isTrickleError(error) && error.code === 'SUBSCRIPTION_STOPPED')
      return { outcome: 'stopped', events: run.handled, steps }
    throw error
  }
}

const takenByGroup = (name: string, members: number): TrickleError =>
  new TrickleError(
    'CONFIGURATION_INVALID',
    `The projection ${JSON.stringify(name)} can't be: a subscription of this name has, or is about to have, ${members} members, and a projection works alone. Give it a name of its own.`,
  )

/** So that several instances don't all begin with the same member. */
function shuffled(count: number): number[] {
  const keys = Array.from({ length: count }, (_, member) => ({ member, key: Math.random() }))
  return keys.toSorted((a, b) => a.key - b.key).map(({ member }) => member)
}
