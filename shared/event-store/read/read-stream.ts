import { TrickleError } from '../../errors/index.ts'
import { INT8_MAX } from '../../postgres/index.ts'
import type { Database, Work } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { eventJson } from './event-json.ts'
import { eventLimits } from '../limits.ts'
import { readStream, streamInfo } from './statements.ts'
import type { StreamRow } from './statements.ts'
import type { EventColumns } from './stored-event.ts'
import type { StreamInfo, StreamPage, StreamQuery } from '../types.ts'

/** A number above every version. It means "from the end" and "to the end". */
const END = INT8_MAX

/**
 * One page of a stream, in one round trip. It may be shorter than asked for, since its bytes are limited too. With a
 * filter by type it may be empty before the end, since the versions that it reads are limited. Go on at `next`.
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
  const { streamVersion } = first
  const reached = rows.at(-1)?.version ?? null
  return {
    events: rows.filter(isEvent).map((row) => eventJson(row, streamId)),
    streamVersion,
    next: reached === null ? null : nextVersion(Number(reached), streamVersion, query),
  }
}

/** A row without an id is no event. Its version, if it has one, is the last one that was read. */
const isEvent = (row: StreamRow): row is StreamRow & EventColumns => row.eventId !== null

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
  return { streamId, ...row }
}

const streamNotFound = (streamId: string): TrickleError =>
  new TrickleError(
    'STREAM_NOT_FOUND',
    `The stream ${streamId} has no events in this tenant. The first append makes it.`,
  )
