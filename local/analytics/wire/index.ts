/**
 * How answers look on the wire: rows as v1 tables and v2 frames, refusals as OneAPI errors.
 *
 * Invariants: rows are written as they are read, so a large result is never in memory as a whole; a result above the
 * limits ends with E_QUERY_RESULT_SET_TOO_LARGE and is never cut without an error. It must not know how rows are found.
 */
export { errorBody, failureOf } from './error-body.ts'
export type { RequestIds } from './error-body.ts'
export { commandAnswerV1, queryAnswerV1 } from './frames-v1.ts'
export { queryAnswerV2 } from './frames-v2.ts'
export type { ResultLimits } from './limited-rows.ts'
