import type { FeedPage, StreamPage } from './read/pages.ts'
import type { Database, Work } from '../postgres/index.ts'
import type { TenantContext } from '../tenancy/index.ts'
import { CoalescingWriter } from './append/coalescer.ts'
import { appendToStream, appendToStreams } from './append/append.ts'
import type { AppendMeans } from './append/append.ts'
import { DirectWriter } from './append/writer.ts'
import type { EventStore } from './event-store.ts'
import { toldWhenAppended } from './on-appended.ts'
import type { OnAppended } from './on-appended.ts'
import { readFeedPage } from './read/read-feed.ts'
import { readStreamInfo, readStreamPage } from './read/read-stream.ts'
import { SealKeys } from './tokens/seal-keys.ts'
import type {
  AppendAllRequest,
  AppendAllResult,
  AppendRequest,
  AppendResult,
  FeedQuery,
  StreamInfo,
  StreamQuery,
} from './types.ts'

export interface PostgresEventStoreOptions {
  /** Whether concurrent small appends share a round trip and a commit. Default: yes. */
  readonly coalesce?: boolean
  /** The keys of this database, when other code uses the same object. Default: the store's own. */
  readonly sealKeys?: SealKeys
  /**
   * The kind of work that its reads are. Bulk work gets only a part of the connections (ConnectionTurns). Default:
   * short.
   */
  readonly work?: Work
  /** Called after each append that was committed, or may have been. It must be quick and throw nothing. */
  readonly onAppended?: OnAppended
}

/** The event store of one database, by the login of the app. */
export class PostgresEventStore implements EventStore {
  readonly #database: Database
  readonly #keys: SealKeys
  readonly #work: Work
  readonly #appends: AppendMeans
  readonly #onAppended: OnAppended

  constructor(
    database: Database,
    {
      coalesce = true,
      sealKeys = new SealKeys(database),
      work = 'short',
      onAppended = () => undefined,
    }: PostgresEventStoreOptions = {},
  ) {
    this.#database = database
    this.#keys = sealKeys
    this.#work = work
    this.#onAppended = onAppended
    const writer = coalesce ? new CoalescingWriter(database) : new DirectWriter(database)
    this.#appends = { database, writer, keys: sealKeys }
  }

  append(tenant: TenantContext, request: AppendRequest): Promise<AppendResult> {
    return toldWhenAppended(appendToStream(this.#appends, tenant, request), this.#onAppended)
  }

  appendAll(tenant: TenantContext, request: AppendAllRequest): Promise<AppendAllResult> {
    return toldWhenAppended(appendToStreams(this.#appends, tenant, request), this.#onAppended)
  }

  readStream(tenant: TenantContext, query: StreamQuery): Promise<StreamPage> {
    return readStreamPage(this.#database, tenant, query, this.#work)
  }

  streamInfo(tenant: TenantContext, streamId: string): Promise<StreamInfo> {
    return readStreamInfo(this.#database, tenant, streamId)
  }

  readFeed(tenant: TenantContext, query: FeedQuery): Promise<FeedPage> {
    return readFeedPage({ database: this.#database, keys: this.#keys, work: this.#work }, tenant, query)
  }
}
