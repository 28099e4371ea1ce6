import type { z } from 'zod'
import type { parkedEventSchema, subscriptionSchema } from '../../functions/operations/schemas.ts'
import { renderTable } from '../frame/index.ts'
import { countText, plural, secondsText } from './words.ts'

export type Subscription = z.output<typeof subscriptionSchema>
export type ParkedEvent = z.output<typeof parkedEventSchema>

export function subscriptionsTable(subscriptions: readonly Subscription[]): string {
  const rows = subscriptions.map((subscription) => [
    subscription.name,
    subscription.epochIsCurrent ? subscription.state : `${subscription.state} (ended epoch)`,
    countText(subscription.lagEvents, subscription.lagIsLowerBound),
    secondsText(subscription.lagSeconds),
    membersText(subscription),
    subscription.parkedEvents,
    complaintOf(subscription),
  ])
  const table = renderTable(['name', 'state', 'lag in events', 'lag', 'members', 'parked', 'error'], rows)
  return `${table}\n(${plural(subscriptions.length, 'subscription')})`
}

const membersText = ({ members, targetMembers }: Subscription): string =>
  targetMembers === null ? `${members.length}` : `${members.length} (to be ${targetMembers})`

/** The first error of the subscription or one of its members; null if there is none. */
const complaintOf = ({ error, members }: Subscription): string | null =>
  error ?? members.find((member) => member.error !== null)?.error ?? null

/** The text about one subscription, with its members. */
export function subscriptionText(subscription: Subscription): string {
  const { name, state, error, epoch, epochIsCurrent, parkedEvents, blockedStreams, laggingTenants } =
    subscription
  const rows = subscription.members.map((member) => [
    member.member,
    `${member.checkpoint.xid}:${member.checkpoint.position}`,
    member.lagEvents,
    secondsText(member.lagSeconds),
    member.leaseUntil,
    member.failures,
    member.retryAt,
    member.error,
  ])
  return [
    `${name} is ${state}${error === null ? '' : `: ${error}`}`,
    `Lag      ${countText(subscription.lagEvents, subscription.lagIsLowerBound)} events, ${secondsText(subscription.lagSeconds)}`,
    `Epoch    ${epoch}${epochIsCurrent ? '' : ', which has ended: only resume-at lets it go on'}`,
    `Parked   ${parkedEvents}; streams that wait for one: ${blockedStreams}; tenants behind the others: ${laggingTenants}`,
    `Members  ${membersText(subscription)}`,
    renderTable(
      ['member', 'checkpoint', 'lag in events', 'lag', 'held until', 'failures', 'next try', 'error'],
      rows,
    ),
  ].join('\n')
}

export function parkedTable(events: readonly ParkedEvent[]): string {
  const rows = events.map((event) => [
    event.parkedId,
    event.state,
    event.tenantId,
    event.streamId,
    event.version,
    event.type,
    event.attempts,
    event.parkedAt,
    event.error,
  ])
  const columns = ['id', 'state', 'tenant', 'stream', 'version', 'type', 'attempts', 'parked at', 'error']
  return `${renderTable(columns, rows)}\n(${plural(events.length, 'event')})`
}

/** @param count the events that were parked. */
export const replayedText = (count: number): string =>
  count === 0
    ? 'No event is parked.'
    : `The next run handles ${plural(count, 'parked event')} again, and then what waits for them.`
