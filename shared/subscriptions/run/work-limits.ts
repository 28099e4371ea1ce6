/** What one member does at a time. */
export const workLimits = {
  /** Events of a page: enough to hide its round trip, and what is handled again at most after a crash. */
  pageEvents: 200,
  /** Bytes of a page: keeps sixteen members of one instance below 64 MiB. */
  pageBytes: 4 * 1_048_576,
  /** Rows looked at for one page: about 20 ms of the server, so a filter that finds nothing can't hold a connection. */
  pageScanned: 5_000,
  /** A tenant with more of a full page than this goes to a lane: four busy tenants may share the main checkpoint. */
  tenantShare: 50,
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
  /** With effects in the database each holds a connection for as long as its code takes, and a lease wants one beside it. */
  batchMembersAtOnce: 1,
} as const
