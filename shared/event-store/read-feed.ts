import { TrickleError } from '../errors/index.ts'
import type { Database, Row, Work } from '../postgres/index.ts'
import type { TenantContext } from '../tenancy/index.ts'
import { eventJson, storedEventOfRow } from './event-json.ts'
import { eventLimits } from './limits.ts'
import { readTenantFeed, selectHeldUntil } from './statements.ts'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './tokens.ts'
import type { FeedPage, FeedQuery } from './types.ts'

/**
 * One page of everything that happened in a tenant, in feed order, below the horizon: no event ever appears behind a
 * checkpoint that has been handed out. A short or empty page is not the end of the log when it is filtered.
 * @throws TrickleError INVALID_CURSOR, VALIDATION_FAILED (both `after` and `since`), EPOCH_ENDED (with `resumeAfter`), DATABASE_ family.
 */
export async function readFeedPage(
  database: Database,
  tenant: TenantContext,
  query: FeedQuery,
  work: Work,
): Promise<FeedPage> {
  if (query.after !== undefined && query.since !== undefined)
    throw new TrickleError('VALIDATION_FAILED', 'A feed is read after a token or since a time, not both.')
  const after = query.after === undefined ? undefined : decodeCheckpoint(tenant.tenantId, query.after)
  const rows = await database.query(
    readTenantFeed({
      tenantId: tenant.tenantId,
      xid: after?.xid ?? 0n,
      position: after?.position ?? 0n,
      since: query.since ?? null,
      types: query.types ?? null,
      streamTypes: query.streamTypes ?? null,
      limit: query.limit,
      scanLimit: eventLimits.feedScanMax,
      bytesMax: work === 'bulk' ? eventLimits.bulkPageBytesMax : eventLimits.pageBytesMax,
    }),
    { isRead: true, turn: tenant.tenantId, work },
  )
  const reached = readProgress(rows.at(-1))
  if (after !== undefined && after.epoch !== reached.epoch)
    throw await epochEnded(database, tenant, after, reached.epoch)
  const found = rows.slice(0, -1)
  return {
    events: found.map((row) => eventJson(storedEventOfRow(row[2] ?? '', row, 3))),
    next: encodeCheckpoint(tenant.tenantId, reached),
    ...(query.withCheckpoints === true
      ? { checkpoints: found.map((row) => encodeCheckpoint(tenant.tenantId, pointOf(row, reached.epoch))) }
      : {}),
  }
}

const pointOf = (row: Row, epoch: string): Checkpoint => ({
  xid: BigInt(row[0] ?? '0'),
  position: BigInt(row[1] ?? '0'),
  epoch,
})

/** The last row of a page tells how far it came and which epoch the log is in. */
function readProgress(row: Row | undefined): Checkpoint {
  if (row === undefined) throw new TrickleError('INTERNAL', 'The feed returned nothing.')
  return pointOf(row, row[15] ?? '')
}

/** What was read before still holds up to where the first later epoch branched off, so that is the point to go on from. */
async function epochEnded(
  database: Database,
  tenant: TenantContext,
  after: Checkpoint,
  epoch: string,
): Promise<TrickleError> {
  const [row] = await database.query(selectHeldUntil(after.epoch), { isRead: true, turn: tenant.tenantId })
  const began = { xid: BigInt(row?.[0] ?? '0'), position: BigInt(row?.[1] ?? '0') }
  const isEarlier = after.xid < began.xid || (after.xid === began.xid && after.position < began.position)
  const { xid, position } = isEarlier ? after : began
  return new TrickleError(
    'EPOCH_ENDED',
    'The log was restored or moved since this token was made. Go on after `resumeAfter`; events that you have seen already may come again.',
    { extensions: { resumeAfter: encodeCheckpoint(tenant.tenantId, { epoch, xid, position }) } },
  )
}
