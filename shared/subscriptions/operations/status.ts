import type { StatusRow } from './statements.ts'

export interface SubscriptionStatus {
  readonly name: string
  readonly state: 'running' | 'paused' | 'stopped'
  /** Why it stopped. */
  readonly error: string | null
  readonly epoch: string
  readonly epochIsCurrent: boolean
  readonly members: readonly MemberStatus[]
  /** The new number of members while a resize is under way, else null. */
  readonly targetMembers: number | null
  /** Events not handled yet, without those set aside; counted in up to 10,000 rows of the feed for each member. */
  readonly lagEvents: number
  /** The count ended before the end of the log. */
  readonly lagIsLowerBound: boolean
  /**
   * Age of the oldest of these, 0 when there is none; an upper bound when no row that was read is for the subscription.
   */
  readonly lagSeconds: number
  /** Events set aside, in any state but skipped. */
  readonly parkedEvents: number
  readonly blockedStreams: number
  /** Tenants that are handled in lanes, apart from the others, because they have so many events. */
  readonly laggingTenants: number
}

export interface MemberStatus {
  readonly member: number
  readonly checkpoint: { readonly xid: string; readonly position: string }
  /** Null when nobody works on it. */
  readonly leaseUntil: string | null
  readonly failures: number
  readonly retryAt: string | null
  readonly error: string | null
  readonly lagEvents: number
  readonly lagSeconds: number
}

/** @param rows one for each member, as `selectStatus` gives them. */
export function statusesOfRows(rows: readonly StatusRow[]): SubscriptionStatus[] {
  return [...Map.groupBy(rows, ({ name }) => name).values()].flatMap((ofOne) => {
    const [first] = ofOne
    return first === undefined ? [] : [statusOf(first, ofOne)]
  })
}

function statusOf(first: StatusRow, ofOne: readonly StatusRow[]): SubscriptionStatus {
  const { name, state, error, epoch, epochIsCurrent, targetMembers } = first
  const { parkedEvents, blockedStreams, laggingTenants } = first
  const members = ofOne.map(memberOfRow)
  return {
    name,
    state,
    error,
    epoch,
    epochIsCurrent,
    members,
    targetMembers,
    lagEvents: members.reduce((sum, { lagEvents }) => sum + lagEvents, 0),
    lagIsLowerBound: ofOne.some(({ lagIsLowerBound }) => lagIsLowerBound),
    lagSeconds: Math.max(...members.map(({ lagSeconds }) => lagSeconds)),
    parkedEvents,
    blockedStreams,
    laggingTenants,
  }
}

function memberOfRow(row: StatusRow): MemberStatus {
  const { member, xid, position, leaseUntil, failures, retryAt, memberError, lagEvents, lagSeconds } = row
  return {
    member,
    checkpoint: { xid, position },
    leaseUntil,
    failures,
    retryAt,
    error: memberError,
    lagEvents,
    lagSeconds,
  }
}
