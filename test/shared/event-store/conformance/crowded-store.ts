import { randomUUID } from 'node:crypto'
import type {
  AppendAllRequest,
  AppendRequest,
  AppendResult,
  EventStore,
  FeedQuery,
  StreamQuery,
} from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { appendOf } from '../support.ts'

/**
 * As many take all the calls that a store has under way at a time, so that what comes after them waits and goes
 * together.
 */
const AHEAD = 4
const FOLLOWING = 3

/**
 * A store of which every append comes amid others, of another tenant: PostgresEventStore then writes it in one
 * transaction with some of them. What its caller is told must be the same as alone.
 */
export class CrowdedStore implements EventStore {
  readonly #store: EventStore
  readonly #others: TenantContext

  constructor(store: EventStore, others: TenantContext) {
    this.#store = store
    this.#others = others
  }

  append(tenant: TenantContext, request: AppendRequest): Promise<AppendResult> {
    return this.#amid(() => this.#store.append(tenant, request))
  }

  appendAll(tenant: TenantContext, request: AppendAllRequest) {
    return this.#amid(() => this.#store.appendAll(tenant, request))
  }

  readStream(tenant: TenantContext, query: StreamQuery) {
    return this.#store.readStream(tenant, query)
  }

  streamInfo(tenant: TenantContext, streamId: string) {
    return this.#store.streamInfo(tenant, streamId)
  }

  readFeed(tenant: TenantContext, query: FeedQuery) {
    return this.#store.readFeed(tenant, query)
  }

  async #amid<T>(work: () => Promise<T>): Promise<T> {
    const crowd = (count: number) =>
      Array.from({ length: count }, () => this.#store.append(this.#others, appendOf(randomUUID())))
    const ahead = crowd(AHEAD)
    const result = work()
    const following = crowd(FOLLOWING)
    const [outcome] = await Promise.allSettled([result, ...ahead, ...following])
    await Promise.all([...ahead, ...following])
    if (outcome.status === 'fulfilled') return outcome.value
    throw outcome.reason
  }
}
