/** What the routes need of subscriptions; `SubscriptionOperations` of shared/subscriptions has this shape. */

/** `epoch-began`: where the current epoch of the log began, or earlier if the subscription had not come so far. */
export type ResumePoint =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'checkpoint'; readonly xid: bigint; readonly position: bigint }
  | { readonly kind: 'epoch-began' }

export interface MemberStatus {
  readonly member: number
  readonly checkpoint: { readonly xid: string; readonly position: string }
  readonly leaseUntil: string | null
  readonly failures: number
  readonly retryAt: string | null
  readonly error: string | null
  readonly lagEvents: number
  readonly lagSeconds: number
}

export interface SubscriptionStatus {
  readonly name: string
  readonly state: 'running' | 'paused' | 'stopped'
  readonly error: string | null
  readonly epoch: string
  readonly epochIsCurrent: boolean
  readonly members: readonly MemberStatus[]
  /** While a change of size is under way. */
  readonly targetMembers: number | null
  readonly lagEvents: number
  /** Counting stops at a cap. */
  readonly lagIsLowerBound: boolean
  readonly lagSeconds: number
  readonly parkedEvents: number
  readonly blockedStreams: number
  readonly laggingTenants: number
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
  readonly error: string
  readonly state: 'parked' | 'waiting' | 'replay'
  readonly parkedAt: string
}

/** Every method throws TrickleError SUBSCRIPTION_NOT_FOUND for a name that is not known. */
export interface SubscriptionOperations {
  /** By name. */
  list(): Promise<SubscriptionStatus[]>
  get(name: string): Promise<SubscriptionStatus>
  /** Repeating it changes nothing. A holder that works stops at its next step. */
  pause(name: string): Promise<SubscriptionStatus>
  /** @throws SUBSCRIPTION_STATE_CONFLICT when it was stopped because its epoch ended. */
  resume(name: string): Promise<SubscriptionStatus>
  /** Back to the beginning of the log. @throws SUBSCRIPTION_STATE_CONFLICT while it runs. */
  reset(name: string): Promise<SubscriptionStatus>
  /** Goes on from a point, in the current epoch. @throws SUBSCRIPTION_STATE_CONFLICT while it runs. */
  resumeAt(name: string, at: ResumePoint): Promise<SubscriptionStatus>
  /** 1 to 16; takes effect when all members have come to a common point. */
  resize(name: string, members: number): Promise<SubscriptionStatus>
  parked(
    name: string,
    query: { after?: string; limit: number },
  ): Promise<{ events: ParkedEvent[]; next: string | null }>
  /** Marks it; the next run handles it. @throws PARKED_EVENT_NOT_FOUND */
  replay(name: string, parkedId: string): Promise<void>
  /** Gives it up for good; its stream goes on. @throws PARKED_EVENT_NOT_FOUND */
  skip(name: string, parkedId: string): Promise<void>
}
