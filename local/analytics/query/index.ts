/**
 * Running queries: from text to columns and rows. It reads committed rows only, and changes nothing except indexes.
 */
export { runOperators, runQuery } from './run-query.ts'
export type { QueryResult } from './run-query.ts'
