/**
 * Running queries: from text to columns and rows. It reads committed rows only and changes nothing but for indexes.
 */
export { runOperators, runQuery } from './run-query.ts'
export type { QueryResult } from './run-query.ts'
