import type { FeedPage, StreamPage } from './read/pages.ts'
import type { TenantContext } from '../tenancy/index.ts'
import type {
  AppendAllRequest,
  AppendAllResult,
  AppendRequest,
  AppendResult,
  FeedQuery,
  StreamInfo,
  StreamQuery,
} from './types.ts'

/**
 * An event store, used for one tenant at a time. PostgresEventStore keeps the events in the database,
 * InMemoryEventStore in memory, for tests. Both pass one conformance suite (test/shared/event-store/conformance).
 */
export interface EventStore {
  /**
   * Appends to one stream, all events or none.
   * @throws TrickleError VERSION_CONFLICT (with currentVersion), EVENT_ID_EXISTS, IDEMPOTENCY_KEY_REUSED,
   *   STREAM_TYPE_MISMATCH, NAME_TAKEN, NAME_NOT_HELD, TENANT_UNKNOWN, TENANT_SUSPENDED, VALIDATION_FAILED,
   *   EVENT_TOO_LARGE, TOO_MANY_EVENTS, BODY_TOO_LARGE, DATABASE_ family, OUTCOME_UNKNOWN.
   */
  append(tenant: TenantContext, request: AppendRequest): Promise<AppendResult>

  /**
   * Appends to several streams, all or none, when conditions on further streams hold.
   * @throws TrickleError as `append`.
   */
  appendAll(tenant: TenantContext, request: AppendAllRequest): Promise<AppendAllResult>

  /**
   * One page of a stream. It may be shorter than asked for, since its bytes are limited too. With a filter by type it
   * may be empty before the end, since the versions that it reads are limited. Go on at `next` until that is null.
   * @throws TrickleError STREAM_NOT_FOUND, DATABASE_ family.
   */
  readStream(tenant: TenantContext, query: StreamQuery): Promise<StreamPage>

  /** @throws TrickleError STREAM_NOT_FOUND, DATABASE_ family. */
  streamInfo(tenant: TenantContext, streamId: string): Promise<StreamInfo>

  /**
   * One page of everything that happened in a tenant, in feed order, below the horizon: no later event ever gets a
   * place before a checkpoint that a reader has. With a filter, a short or empty page does not mean the end of the log.
   * @throws TrickleError INVALID_CURSOR, VALIDATION_FAILED (both `after` and `since`), EPOCH_ENDED (with
   *   `resumeAfter`), DATABASE_ family.
   */
  readFeed(tenant: TenantContext, query: FeedQuery): Promise<FeedPage>
}
