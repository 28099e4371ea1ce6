import { TrickleError } from '../errors/index.ts'
import { timestampOfText, type Database } from '../postgres/index.ts'
import type { TenantContext } from '../tenancy/index.ts'
import { eventJson, storedEventOfRow } from './event-json.ts'
import { eventLimits } from './limits.ts'
import { readStream, streamInfo } from './statements.ts'
import type { StreamInfo, StreamPage, StreamQuery } from './types.ts'

/** Above every version: "from the end". */
const END = 2n ** 63n - 1n

/**
 * One page of a stream, in one round trip. It may be shorter than asked for (bytes are bounded too): go on at `next`.
 * @throws TrickleError STREAM_NOT_FOUND, DATABASE_ family.
 */
export async function readStreamPage(
  database: Database,
  tenant: TenantContext,
  query: StreamQuery,
): Promise<StreamPage> {
  const rows = await database.query(
    readStream({
      tenantId: tenant.tenantId,
      streamId: query.streamId,
      from: query.from === undefined ? (query.backward ? END : 1n) : BigInt(query.from),
      backward: query.backward,
      limit: query.limit,
      bytesMax: eventLimits.pageBytesMax,
    }),
    { isRead: true },
  )
  const [first] = rows
  if (first === undefined) throw streamNotFound(query.streamId)
  const streamVersion = Number(first[0])
  const found = first[1] === null ? [] : rows
  const last = found.at(-1)
  return {
    events: found.map((row) => eventJson(storedEventOfRow(query.streamId, row, 1))),
    streamVersion,
    next: last === undefined ? null : nextVersion(Number(last[1]), streamVersion, query.backward),
  }
}

function nextVersion(last: number, streamVersion: number, backward: boolean): number | null {
  if (backward) return last > 1 ? last - 1 : null
  return last < streamVersion ? last + 1 : null
}

/** @throws TrickleError STREAM_NOT_FOUND, DATABASE_ family. */
export async function readStreamInfo(
  database: Database,
  tenant: TenantContext,
  streamId: string,
): Promise<StreamInfo> {
  const [row] = await database.query(streamInfo(tenant.tenantId, streamId), { isRead: true })
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
