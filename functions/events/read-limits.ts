/** What one read may take, beside the pages of shared/event-store's limits. */
export const readLimits = {
  /** More lines than one answer can hold: it ends by its bytes or its time long before. */
  lineLimitMax: 1_000_000,
  /**
   * From this size on, an answer of many pages begins no further page. It is half of the size at which the kernel cuts
   * an answer off (64 MiB); a page has up to 8 MiB.
   */
  streamedBytesMax: 33_554_432,
  /**
   * From this time on it begins no further page either: the last page has more than a minute left to get through to a
   * slow client before the deadline.
   */
  streamedMs: 150_000,
  /** Longest wait of a long poll: below the 30 s after which many clients and gateways give up by themselves. */
  waitSecondsMax: 25,
  /**
   * Pause between two looks of a long poll or a live feed: from 50 ms, half as long again each time, to half a second.
   */
  pauseMsMin: 50,
  pauseMsMax: 500,
  pauseGrowth: 1.5,
  /**
   * Requests of one instance that may wait at a time. Each holds one of the instance's places for concurrent requests
   * (16 on Flex Consumption with 2 GB): half of them stay free for requests that work. One tenant has half of these
   * (permits.ts).
   */
  waitingMax: 8,
  /**
   * How long a client that got no permit is told to wait, in seconds: as long as a few looks of the others that wait.
   */
  retryAfterSeconds: 2,
  /**
   * Exports and imports of one instance at a time, two for one tenant. Together with the requests that wait they leave
   * four of the instance's 16 places to short requests. Each holds up to two pages or batches in memory, some 20 MB.
   */
  bulkMax: 4,
  /** An export or an import takes some seconds at least. */
  bulkRetryAfterSeconds: 5,
  /**
   * A live feed ends after this time and the client connects again: below the deadline (220 s) and the platform's cut
   * (230 s).
   */
  liveMs: 200_000,
  /** Proxies cut connections that are silent for 30 s to 60 s. */
  heartbeatMs: 15_000,
  /** How long an EventSource waits before it comes back. */
  reconnectMs: 1_000,
} as const
