/**
 * The limits of the stand-in, in one place. Where Azure Data Explorer documents a limit, the stand-in has the same, so
 * that developers see the refusal on their own machine first.
 */

const MEBIBYTE = 1024 * 1024

/** Above this a dynamic becomes null and a string is cut, unless the column has another encoding (ADX: 1 MiB). */
export const DEFAULT_VALUE_BYTES_MAX = MEBIBYTE

/** `policy encoding type='BigObject'` (ADX: 2 MB; `BigObject32`: 32 MB). */
export const BIG_OBJECT_VALUE_BYTES_MAX = 2 * MEBIBYTE
export const BIG_OBJECT32_VALUE_BYTES_MAX = 32 * MEBIBYTE

/** One record, all columns (ADX: 64 MB). */
export const RECORD_BYTES_MAX = 64 * MEBIBYTE

/** One blob or command, uncompressed. ADX accepts 6 GB; more than 1 GiB in one local transaction is a mistake. */
export const INGESTION_BYTES_MAX = 1024 * MEBIBYTE

/** `multijson` is not split at line ends, so the whole text is in memory while it is read. */
export const MULTI_JSON_BYTES_MAX = 128 * MEBIBYTE

/** One streaming ingestion request, uncompressed (ADX: 4 MB). */
export const STREAMING_INGESTION_BYTES_MAX = 4 * MEBIBYTE

/** The text of a query or command (ADX: 2,000,000 characters of query). More here: `.ingest inline` contains data. */
export const REQUEST_BODY_BYTES_MAX = 8 * MEBIBYTE

/** The largest result of a query (ADX: 500,000 rows, 64 MB; above: E_QUERY_RESULT_SET_TOO_LARGE). */
export const RESULT_ROWS_MAX = 500_000
export const RESULT_BYTES_MAX = 64 * MEBIBYTE

/**
 * How deep arrays and objects may be nested. Deeper text counts as malformed, as in SQLite. What ADX does with deeper
 * text is not documented.
 */
export const JSON_DEPTH_MAX = 1000

/** How deep parentheses, function calls and `not` may be nested in one expression. */
export const EXPRESSION_DEPTH_MAX = 100

/** Steps of one query. Each step becomes a nested sub-select in SQLite. */
export const QUERY_OPERATORS_MAX = 50

/** `let` statements of one query. Each table among them becomes one common table expression in SQLite. */
export const LET_STATEMENTS_MAX = 50

/** All steps of a query with its inner queries and `let` statements; more would be too deep for SQLite. */
export const ALL_OPERATORS_MAX = 200

/** Values in a `datatable`. Each becomes a parameter of the SQL statement, and SQLite takes 32,766. */
export const DATATABLE_CELLS_MAX = 10_000

/** Elements of make_list() and make_set() (ADX: 1,048,576). */
export const COLLECTION_ELEMENTS_MAX = 1_048_576

/** Rows of `range`. */
export const RANGE_ROWS_MAX = 1_000_000

/** The SQL of one query. SQLite would take a thousand times as much, and would need minutes for it. */
export const SQL_LENGTH_MAX = 1_000_000

/** Values in the SQL of one query. SQLite takes no more. */
export const SQL_PARAMETERS_MAX = 32_766

/** Columns of one table; SQLite takes 2,000. */
export const COLUMNS_MAX = 1000

/** Rules of the fault door at one time. */
export const FAULT_RULES_MAX = 100

/** The longest delay of a fault rule. It is longer than the 10.5 minutes after which the SDK gives up by itself. */
export const FAULT_DELAY_MAX_MS = 15 * 60 * 1000

/** The body of a request to the fault door. */
export const FAULT_BODY_BYTES_MAX = 256 * 1024
