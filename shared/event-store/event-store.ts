import type { Database } from '../postgres/index.ts'
import type { TenantContext } from '../tenancy/index.ts'
import { appendToStream } from './append.ts'
import { readFeedPage, type FeedQuery } from './read-feed.ts'
import { readStreamInfo, readStreamPage, type StreamQuery } from './read-stream.ts'
import type { AppendRequest, AppendResult, FeedPage, StreamInfo, StreamPage } from './types.ts'

/** The event store of one database, by the login of the app. */
export class EventStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  append(tenant: TenantContext, request: AppendRequest): Promise<AppendResult> {
    return appendToStream(this.#database, tenant, request)
  }

  readStream(tenant: TenantContext, query: StreamQuery): Promise<StreamPage> {
    return readStreamPage(this.#database, tenant, query)
  }

  streamInfo(tenant: TenantContext, streamId: string): Promise<StreamInfo> {
    return readStreamInfo(this.#database, tenant, streamId)
  }

  readFeed(tenant: TenantContext, query: FeedQuery): Promise<FeedPage> {
    return readFeedPage(this.#database, tenant, query)
  }
}
