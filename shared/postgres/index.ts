/**
 * Access to PostgreSQL: one small pool for each login role. It works through a transaction pooler: nothing is ever set
 * per session (no SET, no search_path, no startup options), and statements work named and unnamed. Only this layer
 * retries. After a lost answer the caller's receipt or ids decide, never a guess. A statement names its columns and has
 * a list of them, which gives its rows names and types; no row is read by index. Must not know tenants or events:
 * shared/tenancy is built on it.
 */
export { Database } from './pool.ts'
export type { DatabaseOptions } from './connections.ts'
export type { QueryOptions, TransactionOptions } from './query-options.ts'
export { breakerLimits, type Reachability } from './circuit-breaker.ts'
export type { RunStatement, Statement } from './statement.ts'
export type { Decision, FirstTrip } from './transactions.ts'
export { addressOf, ENTRA_SCOPE } from './address.ts'
export {
  classifyFailure,
  codeOf,
  constraintOf,
  schemaOf,
  breaksConnection,
  misfitOf,
  UNIQUE_VIOLATION,
  type FailureClass,
  type Misfit,
} from './classify.ts'
export { databaseError, outcomeUnknown } from './errors.ts'
export { withRetry, RetryBudget, type RetryOptions } from './retry.ts'
export { INT8_MAX, instanceLimits, poolLimits, retryLimits } from './settings.ts'
export type { Work } from './connection-turns.ts'
export { columns, noColumns, type Columns, type RowOf } from './columns.ts'
export {
  arrayOf,
  bigint,
  boolean,
  composite,
  float,
  integer,
  json,
  oneOf,
  orElse,
  orNull,
  text,
  timestamp,
  type ColumnType,
  type ValueOf,
} from './column-types.ts'
export { changedSettings, selectLoginSettings, type ChangedSetting } from './login-settings.ts'
export { timestampOfText } from './timestamps.ts'
export {
  everyRow,
  LOGINS,
  TABLE_VERBS,
  type Login,
  type Reach,
  type RelationAccess,
  type TableAccess,
  type TableVerb,
} from './table-access.ts'
