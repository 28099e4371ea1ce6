/**
 * The limits of the stand-in, in one place. Where Azure Data Explorer documents a limit, it is that one, so that a
 * sender meets it on its own machine first.
 */

const mebibyte = 1024 * 1024

/** A dynamic or string value above this is nulled or cut, unless its column has another encoding (ADX: 1 MiB). */
export const defaultMaxValueBytes = mebibyte

/** `policy encoding type='BigObject'` (ADX: 2 MB; `BigObject32`: 32 MB). */
export const bigObjectMaxValueBytes = 2 * mebibyte
export const bigObject32MaxValueBytes = 32 * mebibyte

/** One record, all columns (ADX: 64 MB). */
export const maxRecordBytes = 64 * mebibyte

/** One blob or command, uncompressed. ADX takes 6 GB; more than 1 GiB in one local transaction is a mistake. */
export const maxIngestionBytes = 1024 * mebibyte

/** `multijson` has no line ends to stop at: the whole text is in memory while it is read. */
export const maxMultiJsonBytes = 128 * mebibyte

/** One streaming ingestion request, uncompressed (ADX: 4 MB). */
export const maxStreamingIngestionBytes = 4 * mebibyte

/** The text of a query or command; `.ingest inline` carries data (ADX: 2,000,000 characters of query). */
export const maxRequestBodyBytes = 8 * mebibyte

/** What a query may answer (ADX: 500,000 rows, 64 MB; above: E_QUERY_RESULT_SET_TOO_LARGE). */
export const maxResultRows = 500_000
export const maxResultBytes = 64 * mebibyte

/**
 * Arrays and objects inside each other. Deeper text counts as malformed, which SQLite would find too. What ADX does
 * with it is not documented.
 */
export const maxJsonDepth = 1000

/** Parentheses, function calls and `not` inside each other in one expression. */
export const maxExpressionDepth = 100

/** Steps of one query. SQLite nests as many sub-selects. */
export const maxQueryOperators = 50

/** Columns of one table; SQLite takes 2,000. */
export const maxColumns = 1000

/** Rules of the fault door at one time. */
export const maxFaultRules = 100

/** The longest delay of a fault rule: the SDK gives up after 10.5 minutes by itself. */
export const maxFaultDelayMs = 15 * 60 * 1000

/** The body of a request to the fault door. */
export const maxFaultBodyBytes = 256 * 1024
