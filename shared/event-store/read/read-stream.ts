import { TrickleError } from '../../errors/index.ts'
import { timestampOfText, type Database, type Work } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { eventJson, storedEventOfRow } from './event-json.ts'
import { eventLimits } from '../limits.ts'
import { readStream, streamInfo } from './statements.ts'
import type { StreamInfo, StreamPage, StreamQuery } from '../types.ts'

/** Above every version: "from the end" and "to the end". */
const END = 2n ** 63n - 1n

/**
 * One page of a stream, in one round trip. It may be shorter than asked for (bytes are bounded too) and, filtered by
 * type, even empty before the end (the versions looked at are bounded): go on at `next`.
 * @throws TrickleError STREAM_NOT_FOUND, DATABASE_ family.
 */
export async function readStreamPage(
  database: Database,
  tenant: TenantContext,
  query: StreamQuery,
  work: Work,
): Promise<StreamPage> {
  const { streamId, from, to, backward } = query
  const rows = await database.query(
    readStream({
      tenantId: tenant.tenantId,
      streamId,
      from: from === undefined ? (backward ? END : 1n) : BigInt(from),
      to: to === undefined ? (backward ? 1n : END) : BigInt(to),
      backward,
      types: query.types ?? null,
      limit: query.limit,
      scanLimit: eventLimits.feedScanMax,
      bytesMax: work === 'bulk' ? eventLimits.bulkPageBytesMax : eventLimits.pageBytesMax,
    }),
    { isRead: true, turn: tenant.tenantId, work },
  )
  const [first] = rows
  if (first === undefined) throw streamNotFound(streamId)
  const streamVersion = Number(first[0])
  const reached = rows.at(-1)?.[1] ?? null
  return {
    events: rows
      .filter((row) => row[EVENT_ID] !== null)
      .map((row) => eventJson(storedEventOfRow({ streamId, streamType: row[STREAM_TYPE] ?? null }, row, 1))),
    streamVersion,
    next: reached === null ? null : nextVersion(Number(reached), streamVersion, query),
  }
}

/** Column of the event's id: a row without one says how far was looked. */
const EVENT_ID = 3
const STREAM_TYPE = 13

function nextVersion(reached: number, streamVersion: number, { to, backward }: StreamQuery): number | null {
  if (backward) return reached > Math.max(to ?? 1, 1) ? reached - 1 : null
  return reached < Math.min(to ?? streamVersion, streamVersion) ? reached + 1 : null
}

/** @throws TrickleError STREAM_NOT_FOUND, DATABASE_ family. */
export async function readStreamInfo(
  database: Database,
  tenant: TenantContext,
  streamId: string,
): Promise<StreamInfo> {
  const [row] = await database.query(streamInfo(tenant.tenantId, streamId), {
    isRead: true,
    turn: tenant.tenantId,
  })
  if (row === undefined) throw streamNotFound(streamId)
  const [version, streamType, createdAt, updatedAt] = row
  return {
    streamId,
    version: Number(version),
    streamType: streamType ?? null,
    createdAt: timestampOfText(createdAt ?? ''),
    updatedAt: timestampOfText(updatedAt ?? ''),
  }
}

const streamNotFound = (streamId: string): TrickleError =>
  new TrickleError(
    'STREAM_NOT_FOUND',
    `The stream ${streamId} has no events in this tenant. The first append makes it.`,
  )
