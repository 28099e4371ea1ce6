/** Limits of one request. Each keeps an instance of 2 GB and a database of 2 vCores responsive. */
export const eventLimits = {
  /**
   * Data and metadata of one event, as the database prints them. ADX stores null for a BigObject value above 2 MB, and
   * the limit of a Service Bus message is near this size too.
   */
  eventBytesMax: 1_048_576,
  appendBytesMax: 8_388_608,
  appendEventsMax: 1_000,
  /**
   * Streams that one append names, conditions included. It holds a lock for each, and all appenders share 4,096 locks.
   */
  appendStreamsMax: 100,
  /** Names that one append reserves and releases; each holds a lock too. */
  appendNamesMax: 100,
  /** Resources that one write of a domain locks, beside its streams and names. */
  writeResourcesMax: 100,
  /** Rows of one page. */
  pageEventsMax: 1_000,
  pageEventsDefault: 100,
  /** A page ends at this many bytes of JSON, so that 1,000 events of 1 MiB don't fill the memory. */
  pageBytesMax: 8_388_608,
  /**
   * A page of bulk work ends at this many bytes. The process makes a page without a pause, and a short request may have
   * to wait for several such pages. An export of large events then has more pages, but each takes only some
   * milliseconds.
   */
  bulkPageBytesMax: 1_048_576,
  /** Rows that one filtered page of a feed or a stream reads: about 20 ms of the server. */
  feedScanMax: 10_000,
  /** Two of these with four bytes a character fit into one index entry, which PostgreSQL limits to 2,704 bytes. */
  identifierCharactersMax: 255,
  /** Deeper than real data, but less deep than what the stack of PostgreSQL's parser allows. */
  jsonDepthMax: 100,
  /** Types that one feed request may filter by. */
  feedTypesMax: 50,
  /** One line of an import: an event and the JSON around it. */
  importLineBytesMax: 1_048_576 + 16_384,
  /** Lines that an import writes in one transaction. It holds up to as many of the 4,096 locks, for some 30 ms. */
  importBatchLines: 500,
} as const
