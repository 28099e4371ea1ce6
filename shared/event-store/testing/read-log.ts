import { TrickleError } from '../../errors/index.ts'
import { timestampOfText } from '../../postgres/index.ts'
import { eventJson } from './event-json.ts'
import { goOnAfter, KEY_GONE, LOG_MOVED } from '../read/feed-refusals.ts'
import { eventLimits } from '../limits.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../tokens/tokens.ts'
import type { Checkpoint } from '../tokens/tokens.ts'
import { EventTexts } from '../read/event-texts.ts'
import { FeedPage, StreamPage } from '../read/pages.ts'
import type { FeedQuery, StreamInfo, StreamQuery } from '../types.ts'
import { inMemoryKeyring } from './fixed-keyring.ts'
import type { RecordedEvent, RecordedStream, TenantLog } from './tenant-log.ts'
import { isBefore, timestamptzOfRfc3339 } from './timestamp-text.ts'

/** @throws TrickleError STREAM_NOT_FOUND. */
export function streamPage(log: TenantLog, query: StreamQuery): StreamPage {
  const { events } = streamOf(log, query.streamId)
  const { types, backward } = query
  const lowest = Math.max(1, backward ? (query.to ?? 1) : (query.from ?? 1))
  const highest = Math.min(events.length, (backward ? query.from : query.to) ?? events.length)
  const inRange = events.slice(lowest - 1, Math.max(lowest - 1, highest))
  const page = takePage(
    backward ? inRange.toReversed() : inRange,
    query.limit,
    (event) => types?.includes(event.type) ?? true,
  )
  const last = page.last === undefined ? null : Number(page.last.version)
  const isEnd = last === null || last === (backward ? lowest : highest)
  const next = isEnd ? null : backward ? last - 1 : last + 1
  return new StreamPage(textsOf(page), events.length, next)
}

/** What one page takes from the events that are still to be read. */
interface Taken {
  readonly events: readonly RecordedEvent[]
  /** The last event that was read; undefined when there was none. */
  readonly last: RecordedEvent | undefined
}

/**
 * A page ends after the event that makes it full, in rows or in bytes of JSON, or after `feedScanMax` rows
 * were read.
 */
function takePage(
  candidates: readonly RecordedEvent[],
  limit: number,
  isWanted: (event: RecordedEvent) => boolean,
): Taken {
  const events: RecordedEvent[] = []
  let bytes = 0
  let last: RecordedEvent | undefined
  for (const event of candidates.slice(0, eventLimits.feedScanMax)) {
    last = event
    if (!isWanted(event)) continue
    events.push(event)
    bytes += Buffer.byteLength(eventJson(event, event.streamId))
    if (events.length >= limit || bytes >= eventLimits.pageBytesMax) break
  }
  return { events, last }
}

const textsOf = ({ events }: Taken): EventTexts =>
  EventTexts.of(events.map((event) => eventJson(event, event.streamId)))

/** @throws TrickleError STREAM_NOT_FOUND. */
export function infoOf(log: TenantLog, streamId: string): StreamInfo {
  const { events, streamType, createdAt, updatedAt } = streamOf(log, streamId)
  return {
    streamId,
    version: events.length,
    streamType,
    createdAt: timestampOfText(createdAt),
    updatedAt: timestampOfText(updatedAt),
  }
}

function streamOf(log: TenantLog, streamId: string): RecordedStream {
  const stream = log.streams.get(streamId)
  if (stream !== undefined) return stream
  throw new TrickleError(
    'STREAM_NOT_FOUND',
    `The stream ${streamId} has no events in this tenant. The first append makes it.`,
  )
}

/** @throws TrickleError INVALID_CURSOR, EPOCH_ENDED, VALIDATION_FAILED (`after` and `since` together). */
export function feedPage(log: TenantLog, tenantId: string, epoch: string, query: FeedQuery): FeedPage {
  const { types, streamTypes } = query
  const start = startOf(log, tenantId, epoch, query)
  const page = takePage(
    log.feed.slice(firstAfter(log.feed, start)),
    query.limit,
    (event) =>
      (types?.includes(event.type) ?? true) &&
      (streamTypes === undefined || (event.streamType !== null && streamTypes.includes(event.streamType))),
  )
  const tokenOf = (point: Point): string =>
    encodeCheckpoint(inMemoryKeyring(), tenantId, { epoch, ...pointOf(point) })
  const checkpoints = query.withCheckpoints === true ? page.events.map(tokenOf) : undefined
  return new FeedPage(textsOf(page), tokenOf(page.last ?? start), checkpoints)
}

type Point = Pick<Checkpoint, 'xid' | 'position'>
const pointOf = ({ xid, position }: Point): Point => ({ xid, position })
const firstPoint: Point = { xid: 0n, position: 0n }

function startOf(log: TenantLog, tenantId: string, epoch: string, { after, since }: FeedQuery): Point {
  if (after !== undefined && since !== undefined)
    throw new TrickleError('VALIDATION_FAILED', 'A feed is read after a token or since a time, not both.')
  if (since !== undefined) {
    const time = timestamptzOfRfc3339(since, 'since')
    const first = log.feed.findIndex((event) => !isBefore(event.recordedAt, time))
    return log.feed[(first === -1 ? log.feed.length : first) - 1] ?? firstPoint
  }
  if (after === undefined) return firstPoint
  const point = decodeCheckpoint(inMemoryKeyring(), tenantId, after)
  if (point !== 'unknown-key' && point.epoch === epoch) return point
  const beginning = encodeCheckpoint(inMemoryKeyring(), tenantId, { epoch, ...firstPoint })
  throw goOnAfter(point === 'unknown-key' ? KEY_GONE : LOG_MOVED, beginning)
}

/** Index of the first event after a point. The feed is in the order of points, so this is a binary search. */
function firstAfter(feed: readonly RecordedEvent[], { xid, position }: Point): number {
  let [low, high] = [0, feed.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const event = feed[middle]
    if (event === undefined) break
    const isAfter = event.xid > xid || (event.xid === xid && event.position > position)
    if (isAfter) high = middle
    else low = middle + 1
  }
  return low
}
