import { TrickleError } from '../../errors/index.ts'
import { INT8_MAX } from '../../postgres/index.ts'
import type { Database, Work } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { eventLimits } from '../limits.ts'
import { readStream, streamInfo } from './statements.ts'
import { EventTexts } from './event-texts.ts'
import { StreamPage } from './pages.ts'
import type { StreamInfo, StreamQuery } from '../types.ts'

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
  const [row] = await database.query(
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
  const { streamVersion, reached, events, count } = row ?? {}
  if (streamVersion === undefined || streamVersion === null) throw streamNotFound(streamId)
  const next = reached === undefined || reached === null ? null : nextVersion(reached, streamVersion, query)
  return new StreamPage(new EventTexts(events ?? '', count ?? 0), streamVersion, next)
}

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
