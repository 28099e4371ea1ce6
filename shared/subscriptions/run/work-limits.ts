/** Limits of one page of the feed. */
export interface PageLimits {
  readonly events: number
  readonly bytes: number
  /** Rows that are read at most. Otherwise a filter that finds nothing could hold a connection for long. */
  readonly scanned: number
  /**
   * A tenant with more events in a full page gets a lane: a quarter, so four busy tenants can share the main
   * checkpoint.
   */
  readonly tenantShare: number
}

/** For subscriptions that handle one event after the other. */
export const eventPage: PageLimits = {
  /** Enough that the round trip hardly counts. After a crash at most so many are handled again. */
  events: 200,
  /** Keeps sixteen members of one instance below 64 MiB. */
  bytes: 4 * 1_048_576,
  /** About 20 ms of the server. */
  scanned: 5_000,
  tenantShare: 50,
}

/**
 * For projections. Large pages: each tenant costs a transaction for each page, however few its events are, and after a
 * crash no event takes effect again.
 */
export const projectionPage: PageLimits = {
  /** About 100 ms of the server, and less than a second of work: short compared with the lease. */
  events: 4_000,
  /** One page is in memory at a time, together with its statements. */
  bytes: 16 * 1_048_576,
  /** About 80 ms of the server. */
  scanned: 20_000,
  tenantShare: 1_000,
}

/** Limits of one member's work. */
export const workLimits = {
  /** Lanes of a member. Each costs a page in its turn. If more tenants are busy, these stay in the main feed. */
  lanesMax: 32,
  /** Lanes worked on for each page of the main feed. A quiet tenant waits for at most so many pages of busy ones. */
  lanesPerStep: 4,
  /** Events handled again for each page of the main feed. */
  replaysPerStep: 100,
  /** The checkpoint is written at least this often during a page. After a crash so much work is done again. */
  settleEveryMs: 1_000,
  /** A longer wait ends the run, so that an instance is not idle. */
  waitInRunMs: 2_000,
  /** Events of one subscription that may be set aside. With more, the fault is not in single events, and it stops. */
  parkedMax: 10_000,
  /** Members that one call works on at a time. Each holds a connection only for moments. */
  membersAtOnce: 4,
  /**
   * Connections that a projection uses: both of a background pool (shared/postgres), each for one round trip at a time.
   */
  projectionConnections: 2,
  /** Transactions of a projection in one round trip: some 50 ms. The renewal of the lease may have to wait for them. */
  projectionTenantsPerTrip: 100,
} as const
