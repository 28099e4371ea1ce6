/**
 * The event log of every tenant: append, read a stream, read a tenant's feed. An event is written once and never
 * changed; the order of a stream is its version, the order of a feed is (xid, position) below the horizon; a retry gets
 * the first answer. Nothing outside the database's append functions may insert into the log (docs/event-log.md).
 */
export type { EventStore } from './event-store.ts'
export { DomainWrites } from './domain-writes/domain-writes.ts'
export type { DomainDecision, DomainLocks, DomainWrite, RowsOf, StateChange } from './domain-writes/types.ts'
export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.ts'
export { EventImporter, type ImportLine, type ImportOutcome } from './import/importer.ts'
export {
  LogOperations,
  type EpochPoint,
  type NewEpoch,
  type StatusOptions,
} from './operations/log-operations.ts'
export type { LogEpoch, LogHorizon, LogStatus, RunningTransaction } from './operations/log-status.ts'
export { eventColumns, type StoredEvent } from './read/stored-event.ts'
export { EventTexts, noEvents } from './read/event-texts.ts'
export { FeedPage, StreamPage } from './read/pages.ts'
export { checkConsistency, CurrentEpoch, type ConsistencyBasis } from './read/check-consistency.ts'
export { eventLimits } from './limits.ts'
export { isStreamId } from './names.ts'
export { decodeCheckpoint, decodeConsistency, encodeCheckpoint, encodeConsistency } from './tokens/tokens.ts'
export type { Checkpoint, ConsistencyPoint, UnknownKey } from './tokens/tokens.ts'
export { sealKeyOf, type SealKey, type SealKeyring } from './tokens/seal.ts'
export { SealKeys } from './tokens/seal-keys.ts'
export { SealKeyOperations, type SealKeyState } from './operations/seal-key-operations.ts'
export type {
  AppendAllRequest,
  AppendAllResult,
  AppendOptions,
  AppendRequest,
  AppendResult,
  Expectation,
  FeedQuery,
  NewEvent,
  ReservedName,
  StreamCondition,
  StreamInfo,
  StreamQuery,
  StreamWrite,
  TraceContext,
  WrittenStream,
} from './types.ts'
