import { timestampOfText, type Row } from '../../postgres/index.ts'

export interface SubscriptionStatus {
  readonly name: string
  readonly state: 'running' | 'paused' | 'stopped'
  /** Why it stopped. */
  readonly error: string | null
  readonly epoch: string
  readonly epochIsCurrent: boolean
  readonly members: readonly MemberStatus[]
  /** While a resize is under way. */
  readonly targetMembers: number | null
  /** Events that are not handled yet, counted over up to 10,000 rows of the feed for each member; without those set aside. */
  readonly lagEvents: number
  /** The counting ended before the log did. */
  readonly lagIsLowerBound: boolean
  /** Age of the oldest of them, 0 when there is none; an upper bound when none of the rows looked at is for the subscription. */
  readonly lagSeconds: number
  /** Events set aside, in whatever state. */
  readonly parkedEvents: number
  readonly blockedStreams: number
  /** Tenants that are handled apart from the others, because they have so much. */
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

export interface ParkedEvent {
  readonly parkedId: string
  readonly tenantId: string
  readonly streamId: string
  readonly version: number
  readonly eventId: string
  readonly source: string
  readonly type: string
  readonly attempts: number
  /** Of the last attempt; '' for one that waits. */
  readonly error: string
  readonly state: 'parked' | 'waiting' | 'replay'
  readonly parkedAt: string
}

/** Columns as `selectStatus` gives them: nine of the subscription, then those of the member. */
const MEMBER_COLUMNS_AT = 9

export function statusesOfRows(rows: readonly Row[]): SubscriptionStatus[] {
  const statuses: SubscriptionStatus[] = []
  for (const [name, ofOne] of Map.groupBy(rows, ([first]) => first ?? '')) {
    const [first = []] = ofOne
    const members = ofOne.map((row) => memberOfRow(row.slice(MEMBER_COLUMNS_AT)))
    const [, state, error, epoch, isCurrent, target, parked, blocked, lanes] = first
    statuses.push({
      name,
      state: state === 'paused' || state === 'stopped' ? state : 'running',
      error: error ?? null,
      epoch: epoch ?? '',
      epochIsCurrent: isCurrent === 'true',
      members,
      targetMembers: numberOrNull(target),
      lagEvents: members.reduce((sum, { lagEvents }) => sum + lagEvents, 0),
      lagIsLowerBound: ofOne.some((row) => row.at(-2) === 'true'),
      lagSeconds: Math.max(...members.map(({ lagSeconds }) => lagSeconds)),
      parkedEvents: Number(parked),
      blockedStreams: Number(blocked),
      laggingTenants: Number(lanes),
    })
  }
  return statuses
}

function memberOfRow(row: Row): MemberStatus {
  const [member, xid, position, leaseUntil, failures, retryAt, error, events, , seconds] = row
  return {
    member: Number(member),
    checkpoint: { xid: xid ?? '0', position: position ?? '0' },
    leaseUntil: timeOrNull(leaseUntil),
    failures: Number(failures),
    retryAt: timeOrNull(retryAt),
    error: error ?? null,
    lagEvents: Number(events),
    lagSeconds: Number(seconds),
  }
}

export function parkedEventOfRow(row: Row): ParkedEvent {
  const [parkedId, tenantId, streamId, version, eventId, source, type, attempts, error, state, at] = row
  return {
    parkedId: parkedId ?? '',
    tenantId: tenantId ?? '',
    streamId: streamId ?? '',
    version: Number(version),
    eventId: eventId ?? '',
    source: source ?? '',
    type: type ?? '',
    attempts: Number(attempts),
    error: error ?? '',
    state: state === 'waiting' || state === 'replay' ? state : 'parked',
    parkedAt: timestampOfText(at ?? ''),
  }
}

const numberOrNull = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Number(text)

const timeOrNull = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : timestampOfText(text)
