/**
 * How much work one instance does at a time. `infra/sizes.json` must say the same of requests, and `host.json` of messages:
 * tests compare them.
 */
export const instanceLimits = {
  /**
   * HTTP requests that the platform gives one instance before it starts another, which has its own pools. This is also
   * the platform's default for 2 GiB of memory, written down so that it can't change by itself. There are three
   * requests for each connection. That is enough for appends to share commits (they do from eight requests on). It is
   * also few enough that a waiting request gets a connection within a few milliseconds and 16 large bodies (8 MiB each)
   * stay far below the instance's memory.
   */
  httpConcurrency: 16,
  /** Messages without sessions that are handled one by one: as many as requests. */
  queueCalls: 16,
  /**
   * Sessions of a queue. Each has one message under way. So together they fill one statement of appends (64) while the
   * other one is committed: the pool's two connections are busy then (`backgroundConnectionsMax`). More sessions would
   * wait in memory, under locks that keep other instances from them.
   */
  queueSessions: 64,
  /**
   * Messages of a batch. They are appended by statements of 64, two at a time, so a batch is done far within the lock,
   * which nobody renews. With bodies of at most 256 KiB it takes an eighth of the instance's memory at most.
   */
  queueBatchMessages: 500,
} as const

/**
 * Sizes and times of a pool. One instance serves `instanceLimits.httpConcurrency` HTTP requests at a time. Five
 * connections are enough for them, since an append holds one for about 1 ms. All instances share the pooler's server
 * connections: 40 instances have 200 connections, and each transaction on them waits for one of the pooler's 50 or 100
 * server connections (infra/sizes.json).
 */
export const poolLimits = {
  /** Connections of the HTTP pools. */
  httpConnectionsMax: 5,
  /**
   * Part of a pool's connections that bulk work (exports, imports) may have at a time: two of five, one of two. The
   * others are always left for short requests. A separate pool for bulk work would need three more connections for each
   * instance, but the smallest size has no pooler and no connection to spare at its 40 instances (infra/sizes.json).
   */
  bulkConnectionsShare: 0.5,
  /**
   * Connections of timers and queues: one for the work, one to renew leases. A projection uses both, each for moments.
   */
  backgroundConnectionsMax: 2,
  /**
   * The wait for a turn or to connect: longer than a TLS handshake under load, shorter than a client's own time limit.
   */
  acquireTimeoutMs: 5_000,
  /** An idle connection is closed after this, so that a quiet app frees the server. */
  idleTimeoutMs: 30_000,
  /** Connections are renewed, so that load spreads after a failover and a token's rotation is noticed. */
  lifetimeSecondsMax: 1_800,
  /** Longer than the app's statement_timeout (10 s), so that the server's answer mostly comes first: it says more. */
  queryTimeoutMs: 15_000,
  /** Longer than the statement_timeout of the worker, the forwarder and the operator (30 s), for the same reason. */
  backgroundQueryTimeoutMs: 35_000,
} as const

/** The largest value of an int8. */
export const INT8_MAX = 2n ** 63n - 1n

/** Three attempts and a first delay of at most 50 ms keep an HTTP request within its deadline. */
export const retryLimits = {
  attemptsMax: 3,
  baseDelayMs: 50,
  delayMsMax: 1_000,
  /** More than half of these must be left for a retry. Else each caller would ask a failing server more than once. */
  budgetTokens: 20,
  tokensPerSuccess: 0.1,
  /** A lost answer is worth waiting for a server that is away. A caller's own time limit is mostly 10 s or more. */
  lostMsMax: 5_000,
} as const
