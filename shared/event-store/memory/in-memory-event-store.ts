import { randomUUID } from 'node:crypto'
import { asTrickleError, TrickleError } from '../../errors/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { encodeEvents } from '../encode-events.ts'
import type { EventStore } from '../event-store.ts'
import { encodeConsistency } from '../tokens.ts'
import type {
  AppendAllRequest,
  AppendAllResult,
  AppendRequest,
  AppendResult,
  FeedPage,
  FeedQuery,
  StreamInfo,
  StreamPage,
  StreamQuery,
} from '../types.ts'
import { appendToLog, type AppendOutcome } from './append-to-log.ts'
import { feedPage, infoOf, streamPage } from './read-log.ts'
import { TenantLog, type TenantStatus } from './tenant-log.ts'
import { timestamptzText } from './timestamp-text.ts'

export interface InMemoryOptions {
  /** Milliseconds since the epoch; a test's own clock. Times of recording never run backwards, whatever it says. */
  readonly now?: () => number
}

/**
 * An event store for tests of code that stands on EventStore: the same answers, refusals and texts as
 * PostgresEventStore, kept as long as the object lives. Both pass one conformance suite and are compared by random
 * commands (test/shared/event-store).
 *
 * It differs where there is nothing to compare: appends never run at the same time, so nothing ever waits and the feed has
 * no horizon; receipts are kept for good; a string that PostgreSQL can't keep (U+0000, half of a UTF-16 pair) is kept here,
 * since such values are refused before they reach a store. Every tenant is known until it is said otherwise.
 */
export class InMemoryEventStore implements EventStore {
  readonly #epoch = randomUUID()
  readonly #logs = new Map<string, TenantLog>()
  readonly #now: () => number
  #latestMs = 0
  #xid = 0n
  #position = 0n

  constructor(options: InMemoryOptions = {}) {
    this.#now = options.now ?? Date.now
  }

  async append(tenant: TenantContext, request: AppendRequest): Promise<AppendResult> {
    const outcome = this.#append(tenant, { ...request, streams: [request], conditions: [] })
    const written = outcome.append.streams.find(({ streamId }) => streamId === request.streamId)
    if (written === undefined) throw new TrickleError('INTERNAL', 'The append names another stream.')
    return {
      ...written,
      ...replayOf(outcome),
      consistencyToken: this.#token(tenant, outcome, written.version),
    }
  }

  async appendAll(tenant: TenantContext, request: AppendAllRequest): Promise<AppendAllResult> {
    refuseUnfit(request)
    const outcome = this.#append(tenant, request)
    const names = new Set(request.streams.map(({ streamId }) => streamId))
    const streams = outcome.append.streams.filter(({ streamId }) => names.has(streamId))
    const version = streams[0]?.version ?? 0
    return { streams, ...replayOf(outcome), consistencyToken: this.#token(tenant, outcome, version) }
  }

  async readStream(tenant: TenantContext, query: StreamQuery): Promise<StreamPage> {
    return streamPage(this.#logOf(tenant), query)
  }

  async streamInfo(tenant: TenantContext, streamId: string): Promise<StreamInfo> {
    return infoOf(this.#logOf(tenant), streamId)
  }

  async readFeed(tenant: TenantContext, query: FeedQuery): Promise<FeedPage> {
    return feedPage(this.#logOf(tenant), tenant.tenantId, this.#epoch, query)
  }

  /** What an operator does to a tenant: appends of one that is not active are refused, reads are not. */
  setTenantStatus(tenant: TenantContext, status: TenantStatus): void {
    this.#logOf(tenant).status = status
  }

  #append(tenant: TenantContext, request: AppendAllRequest): AppendOutcome {
    const events = request.streams.flatMap((write) => write.events)
    const ids = events.map((event) => event.id ?? randomUUID())
    // For its limits and refusals.
    encodeEvents(events, ids)
    // Whoever has gone gets nothing written any more.
    if (request.signal?.aborted === true) throw asTrickleError(request.signal.reason)
    return appendToLog(this.#logOf(tenant), tenant.slug, request, ids, {
      nextXid: () => (this.#xid += 1n),
      nextPosition: () => (this.#position += 1n),
      now: () => {
        this.#latestMs = Math.max(this.#latestMs, this.#now())
        return timestamptzText(this.#latestMs)
      },
    })
  }

  #logOf(tenant: TenantContext): TenantLog {
    const known = this.#logs.get(tenant.tenantId)
    if (known !== undefined) return known
    const log = new TenantLog()
    this.#logs.set(tenant.tenantId, log)
    return log
  }

  #token({ tenantId }: TenantContext, { append }: AppendOutcome, version: number): string {
    const point = { epoch: this.#epoch, xid: append.xid, version: BigInt(version), timeline: 1 }
    return encodeConsistency(tenantId, point)
  }
}

const replayOf = ({ replayed, replayedByKey }: AppendOutcome) => ({ replayed, replayedByKey })

/** @throws TrickleError VALIDATION_FAILED for a request whose parts do not fit together. */
function refuseUnfit({ streams, conditions = [] }: AppendAllRequest): void {
  const names = [...streams, ...conditions].map(({ streamId }) => streamId)
  if (streams.length === 0)
    throw new TrickleError('VALIDATION_FAILED', 'An append needs at least one stream.')
  if (new Set(names).size < names.length)
    throw new TrickleError('VALIDATION_FAILED', 'An append names each stream once.')
  if (streams.some(({ events }) => events.length === 0))
    throw new TrickleError('VALIDATION_FAILED', 'Each stream of an append needs at least one event.')
}
