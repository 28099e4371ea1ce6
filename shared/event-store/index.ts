/**
 * The event log of every tenant: append, read a stream, read a tenant's feed. An event is written once and never
 * changed; the order of a stream is its version, the order of a feed is (xid, position) below the horizon; a retry gets
 * the first answer. Nothing outside the database's append functions may insert into the log (docs/event-log.md).
 */
export type { EventStore } from './event-store.ts'
export { InMemoryEventStore, type InMemoryOptions } from './memory/in-memory-event-store.ts'
export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.ts'
export { EventImporter, type ImportLine, type ImportOutcome } from './importer.ts'
export { LogOperations, type EpochPoint, type NewEpoch, type StatusOptions } from './log-operations.ts'
export type { LogEpoch, LogHorizon, LogStatus, RunningTransaction } from './log-status.ts'
export { storedEventOfRow, type StoredEvent } from './event-json.ts'
export { checkConsistency, CurrentEpoch, type ConsistencyBasis } from './check-consistency.ts'
export { eventLimits } from './limits.ts'
export { isStreamId } from './names.ts'
export { decodeCheckpoint, decodeConsistency, encodeCheckpoint, encodeConsistency } from './tokens.ts'
export type { Checkpoint, ConsistencyPoint, UnknownKey } from './tokens.ts'
export { sealKeyOf, type SealKey, type SealKeyring } from './seal.ts'
export { SealKeys } from './seal-keys.ts'
export { SealKeyOperations, type SealKeyState } from './seal-key-operations.ts'
export { inMemoryKeyring } from './memory/fixed-keyring.ts'
export type {
  AppendAllRequest,
  AppendAllResult,
  AppendOptions,
  AppendRequest,
  AppendResult,
  Expectation,
  FeedPage,
  FeedQuery,
  NewEvent,
  ReservedName,
  StreamCondition,
  StreamInfo,
  StreamPage,
  StreamQuery,
  StreamWrite,
  TraceContext,
  WrittenStream,
} from './types.ts'
