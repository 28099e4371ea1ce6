/** Of one page of the feed. */
export interface PageLimits {
  readonly events: number
  readonly bytes: number
  /** Rows looked at, so a filter that finds nothing can't hold a connection. */
  readonly scanned: number
  /** A tenant with more of a full page than this goes to a lane: a quarter, so four busy tenants may share the main checkpoint. */
  readonly tenantShare: number
}

/** Of what handles one event after the other. */
export const eventPage: PageLimits = {
  /** Enough to hide its round trip, and what is handled again at most after a crash. */
  events: 200,
  /** Keeps sixteen members of one instance below 64 MiB. */
  bytes: 4 * 1_048_576,
  /** About 20 ms of the server. */
  scanned: 5_000,
  tenantShare: 50,
}

/**
 * Of a projection: a tenant costs a transaction a page, however few events it has there, and nothing of a page is done
 * again after a crash.
 */
export const projectionPage: PageLimits = {
  /** About 100 ms of the server, and less than a second's work: short beside the lease. */
  events: 4_000,
  /** One page is in memory at a time, with the statements made of it. */
  bytes: 16 * 1_048_576,
  /** About 80 ms of the server. */
  scanned: 20_000,
  tenantShare: 1_000,
}

/** What one member does at a time. */
export const workLimits = {
  /** Lanes of a member: each costs a page a turn. More busy tenants than that stay in the main feed. */
  lanesMax: 32,
  /** Lanes worked on for each page of the main feed: what a quiet tenant waits for at most. */
  lanesPerStep: 4,
  /** Events handled again for each page of the main feed. */
  replaysPerStep: 100,
  /** The checkpoint is written at least this often while a page is worked on: what a crash does again. */
  settleEveryMs: 1_000,
  /** A longer wait is left to the next run, so that an instance does not sit idle. */
  waitInRunMs: 2_000,
  /** Events set aside of one subscription; beyond it something is wrong with all of them, and it stops. */
  parkedMax: 10_000,
  /** Members that one call works on at a time: each holds a connection for moments only. */
  membersAtOnce: 4,
  /** Connections over which a projection sends: both of a background pool (shared/postgres), each for one trip at a time. */
  projectionConnections: 2,
  /** Transactions of a projection in one trip: some 50 ms, which the renewal of the lease may have to wait for. */
  projectionTenantsPerTrip: 100,
} as const
