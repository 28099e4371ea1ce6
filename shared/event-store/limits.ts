/** What one request may hold; each bound keeps an instance of 2 GB and a database of 2 vCores responsive. */
export const eventLimits = {
  /**
   * Data and metadata of one event, as the database prints them: ADX nulls a BigObject value beyond 2 MB, and Service Bus
   * messages are near.
   */
  eventBytesMax: 1_048_576,
  appendBytesMax: 8_388_608,
  appendEventsMax: 1_000,
  /** Streams that one append names, conditions included: it holds the lock of each, of 4,096 for all appenders. */
  appendStreamsMax: 100,
  /** Names that one append reserves and releases; each holds a lock too. */
  appendNamesMax: 100,
  /** Resources that one write of a domain locks, beside its streams and names. */
  writeResourcesMax: 100,
  /** Rows of one page. */
  pageEventsMax: 1_000,
  pageEventsDefault: 100,
  /** A page ends at this many bytes of data, so that 1,000 events of 1 MiB don't fill the memory. */
  pageBytesMax: 8_388_608,
  /**
   * A page of bulk work ends at this many: it is made in one go, and a short request that comes meanwhile waits for it,
   * several times on its way. An export of large events then takes more pages, each some milliseconds of the process.
   */
  bulkPageBytesMax: 1_048_576,
  /** Rows that one filtered page of a feed or a stream looks at: about 20 ms of the server. */
  feedScanMax: 10_000,
  /** Four bytes a character and two of these in one index entry stay below PostgreSQL's 2,704 bytes. */
  identifierCharactersMax: 255,
  /** Deeper than people nest, shallower than the stack of PostgreSQL's parser. */
  jsonDepthMax: 100,
  /** Types that one feed request may filter by. */
  feedTypesMax: 50,
  /** One line of an import: an event and the JSON around it. */
  importLineBytesMax: 1_048_576 + 16_384,
  /** Lines that an import writes in one transaction; they hold up to as many of the 4,096 stripes, for some 30 ms. */
  importBatchLines: 500,
} as const
