import { randomUUID } from 'node:crypto'
import { asTrickleError, TrickleError } from '../../errors/index.ts'
import type { FeedPage, StreamPage } from '../read/pages.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { assemble, resultOf } from '../append/answer.ts'
import { MAY_BE_OWN } from '../append/append.ts'
import { newEventId } from '../append/event-id.ts'
import { prepareAppend } from '../append/request.ts'
import type { EventStore } from '../event-store.ts'
import type {
  AppendAllRequest,
  AppendAllResult,
  AppendRequest,
  AppendResult,
  FeedQuery,
  StreamInfo,
  StreamQuery,
} from '../types.ts'
import { appendToLog, TIMELINE } from './append-to-log.ts'
import type { LogClock } from './append-to-log.ts'
import { inMemoryKeyring } from './fixed-keyring.ts'
import { feedPage, infoOf, streamPage } from './read-log.ts'
import { prepareEvents } from './prepare-events.ts'
import { TenantLog } from './tenant-log.ts'
import type { RecordedAppend, TenantStatus } from './tenant-log.ts'
import { timestamptzText } from './timestamp-text.ts'

export interface InMemoryOptions {
  /** A test's own clock, in milliseconds since the epoch. Times of recording never run backwards, even if it does. */
  readonly now?: () => number
}

/**
 * An event store for tests of code that uses an EventStore. It gives the same answers, refusals and texts as
 * PostgresEventStore, and keeps its events as long as the object lives. Both pass one conformance suite and are
 * compared by random commands (test/shared/event-store).
 *
 * The differences: appends never run at the same time, so nothing waits and the feed has no horizon. Receipts are never
 * deleted. A string that PostgreSQL can't store (U+0000, half of a UTF-16 pair) is stored here, since such values are
 * refused before they reach a store. Every tenant is active until `setTenantStatus` says otherwise.
 */
export class InMemoryEventStore implements EventStore {
  readonly #logs = new Map<string, TenantLog>()
  readonly #clock: LogClock

  constructor(options: InMemoryOptions = {}) {
    this.#clock = startClock(options.now ?? Date.now)
  }

  async append(tenant: TenantContext, request: AppendRequest): Promise<AppendResult> {
    const { streamId, streamType, expected, events, reservations, releases, ...options } = request
    const stream = { streamId, streamType, expected, events, reservations, releases }
    const { streams, ...rest } = await this.appendAll(tenant, { streams: [stream], ...options })
    const [written] = streams
    if (written === undefined) throw new TrickleError('INTERNAL', 'The append wrote to no stream.')
    return { ...written, ...rest }
  }

  async appendAll(tenant: TenantContext, request: AppendAllRequest): Promise<AppendAllResult> {
    const ids = request.streams.flatMap(({ events }) => events.map((event) => event.id ?? newEventId()))
    // Called for its refusals, which are the same as those of PostgresEventStore.
    const { mayBeKnown } = await prepareAppend(tenant, request, ids)
    // If the caller has disconnected, nothing is written for it.
    if (request.signal?.aborted === true) throw asTrickleError(request.signal.reason)
    const log = this.#logOf(tenant)
    const prepared = prepareEvents(request, ids)
    const answer = appendToLog(log, request, prepared, this.#clock)
    if (answer === 'event-exists' || (mayBeKnown && MAY_BE_OWN.has(answer.outcome))) {
      const earlier = log.findAppend(prepared.flat())
      if (earlier !== null) return this.#replay(tenant, request, earlier)
    }
    if (answer === 'event-exists') throw new TrickleError('INTERNAL', 'An event was there and was not found.')
    return resultOf(inMemoryKeyring(), tenant, request, ids, answer)
  }

  async readStream(tenant: TenantContext, query: StreamQuery): Promise<StreamPage> {
    return streamPage(this.#logOf(tenant), query)
  }

  async streamInfo(tenant: TenantContext, streamId: string): Promise<StreamInfo> {
    return infoOf(this.#logOf(tenant), streamId)
  }

  async readFeed(tenant: TenantContext, query: FeedQuery): Promise<FeedPage> {
    return feedPage(this.#logOf(tenant), tenant.tenantId, this.#clock.epoch, query)
  }

  /** Sets a tenant's status, as an operator does. If it is not active, its appends are refused, its reads are not. */
  setTenantStatus(tenant: TenantContext, status: TenantStatus): void {
    this.#logOf(tenant).status = status
  }

  #replay(tenant: TenantContext, request: AppendAllRequest, earlier: RecordedAppend): AppendAllResult {
    const streams = request.streams.flatMap(({ streamId }) =>
      earlier.streams.filter((written) => written.streamId === streamId),
    )
    const at = { epoch: this.#clock.epoch, timeline: TIMELINE, xid: String(earlier.xid) }
    return assemble(inMemoryKeyring(), tenant, streams, at, { replayed: true, replayedByKey: false })
  }

  #logOf(tenant: TenantContext): TenantLog {
    const known = this.#logs.get(tenant.tenantId)
    if (known !== undefined) return known
    const log = new TenantLog()
    this.#logs.set(tenant.tenantId, log)
    return log
  }
}

/** The transaction ids, positions and times of one store. */
function startClock(now: () => number): LogClock {
  let [xid, position, latestMs] = [0n, 0n, 0]
  return {
    epoch: randomUUID(),
    nextXid: () => (xid += 1n),
    nextPosition: () => (position += 1n),
    now() {
      latestMs = Math.max(latestMs, now())
      return timestamptzText(latestMs)
    },
  }
}
