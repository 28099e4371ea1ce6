/** What one instance takes on at a time. `infra/sizes.json` must say the same: a test holds them equal. */
export const instanceLimits = {
  /**
   * HTTP requests that the platform gives one instance before it starts another, with pools of its own; also the
   * platform's default for 2 GiB of memory, written down so that it can't change by itself. Three callers a connection:
   * enough that appends share commits (from eight on they do), few enough that a queued request has its connection
   * within a few milliseconds and an instance with large bodies (8 MiB each) stays far below its memory.
   */
  httpConcurrency: 16,
} as const

/**
 * Sizes and times of a pool. One instance serves `instanceLimits.httpConcurrency` HTTP requests at a time; five
 * connections keep them busy (an append holds one for about 1 ms). Instances share the pooler's server connections: the
 * 200 of 40 instances wait for one of its 50 or 100 (infra/sizes.json) for a transaction at a time.
 */
export const poolLimits = {
  /** Connections of the HTTP pools. */
  httpConnectionsMax: 5,
  /**
   * Part of a pool's connections that bulk work (exports, imports) may have at a time: two of five, one of two. Short
   * requests have the others at any time. A pool of its own would be three connections more for each instance, and
   * the smallest size has no pooler and no connection to spare at its 40 instances (infra/sizes.json).
   */
  bulkConnectionsShare: 0.5,
  /** Connections of timers and queues: one works, one renews leases beside it. */
  backgroundConnectionsMax: 2,
  /** Queueing and connecting together; longer than a TLS handshake under load, shorter than a client's patience. */
  acquireTimeoutMs: 5_000,
  /** An idle connection is closed after this, so that a quiet app frees the server. */
  idleTimeoutMs: 30_000,
  /** Connections are renewed, so that load spreads after a failover and a token's rotation is noticed. */
  lifetimeSecondsMax: 1_800,
  /** Above the app's own statement_timeout (10 s): the server's answer, when there is one, is the better one. */
  queryTimeoutMs: 15_000,
  /** Above the statement_timeout of the forwarder and the operator (30 s), for the same reason. */
  backgroundQueryTimeoutMs: 35_000,
} as const

/** The largest value of an int8. */
export const INT8_MAX = 2n ** 63n - 1n

/** Retries: three attempts and 50 ms to start with keep an HTTP request inside its deadline. */
export const retryLimits = {
  attemptsMax: 3,
  baseDelayMs: 50,
  delayMsMax: 1_000,
  /** Half of this many tokens must be left for a retry: a server that fails everybody is not asked twice by all. */
  budgetTokens: 20,
  tokensPerSuccess: 0.1,
} as const
