import { TrickleError } from '../../errors/index.ts'
import type { Database, Work } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { utcTimeOf } from '../../time/index.ts'
import { EventTexts } from './event-texts.ts'
import { FeedPage } from './pages.ts'
import { goOnAfter, KEY_GONE, LOG_MOVED } from './feed-refusals.ts'
import { eventLimits } from '../limits.ts'
import { readTenantFeed, selectCurrentEpoch, selectHeldUntil } from './statements.ts'
import type { SealKeyring } from '../tokens/seal.ts'
import { openToken } from '../tokens/seal-keys.ts'
import type { SealKeys } from '../tokens/seal-keys.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../tokens/tokens.ts'
import type { Checkpoint } from '../tokens/tokens.ts'
import type { FeedQuery } from '../types.ts'

/** What a page of a feed is read with. */
export interface FeedMeans {
  readonly database: Database
  readonly keys: SealKeys
  readonly work: Work
}

/**
 * One page of all events of a tenant, in feed order. It ends below the horizon (docs/event-log.md), so that no event
 * can appear later before a checkpoint that a reader already has. A page that is filtered may be short or empty before
 * the end of the log.
 * @throws TrickleError INVALID_CURSOR, VALIDATION_FAILED (both `after` and `since`), EPOCH_ENDED (with `resumeAfter`),
 *   DATABASE_ family.
 */
export async function readFeedPage(
  { database, keys, work }: FeedMeans,
  tenant: TenantContext,
  query: FeedQuery,
): Promise<FeedPage> {
  if (query.after !== undefined && query.since !== undefined)
    throw new TrickleError('VALIDATION_FAILED', 'A feed is read after a token or since a time, not both.')
  const after = await startOf(keys, tenant, query.after)
  const keyring = await keys.recent()
  if (after === 'unknown-key') throw await keyGone(database, keyring, tenant)
  const [row] = await database.query(
    readTenantFeed({
      tenantId: tenant.tenantId,
      xid: after?.xid ?? 0n,
      position: after?.position ?? 0n,
      since: query.since === undefined ? null : utcTimeOf(query.since, 'since'),
      types: query.types ?? null,
      streamTypes: query.streamTypes ?? null,
      limit: query.limit,
      scanLimit: eventLimits.feedScanMax,
      bytesMax: work === 'bulk' ? eventLimits.bulkPageBytesMax : eventLimits.pageBytesMax,
      withPoints: query.withCheckpoints === true,
    }),
    { isRead: true, turn: tenant.tenantId, work },
  )
  if (row === undefined) throw new TrickleError('INTERNAL', 'The feed returned nothing.')
  const { epoch, count, events, points } = row
  if (after !== undefined && after.epoch !== epoch)
    throw await epochEnded(database, keyring, tenant, after, epoch)
  const tokenOf = (xid: bigint, position: bigint): string =>
    encodeCheckpoint(keyring, tenant.tenantId, { xid, position, epoch })
  const checkpoints =
    query.withCheckpoints === true
      ? pointsOf(points).map(([xid, position]) => tokenOf(xid, position))
      : undefined
  return new FeedPage(new EventTexts(events, count), tokenOf(row.xid, row.position), checkpoints)
}

/** Reads `12:3 12:4`. */
const pointsOf = (points: string): (readonly [xid: bigint, position: bigint])[] =>
  points === ''
    ? []
    : points.split(' ').map((point) => {
        const [xid = '', position = ''] = point.split(':')
        return [BigInt(xid), BigInt(position)]
      })

const startOf = async (keys: SealKeys, { tenantId }: TenantContext, token: string | undefined) =>
  token === undefined ? undefined : openToken(keys, (keyring) => decodeCheckpoint(keyring, tenantId, token))

/**
 * What was read before is still in the log up to the earliest point at which a later epoch branched off. So the reader
 * goes on from that point, or from its own point if that is earlier.
 */
async function epochEnded(
  database: Database,
  keyring: SealKeyring,
  tenant: TenantContext,
  after: Checkpoint,
  epoch: string,
): Promise<TrickleError> {
  const [row] = await database.query(selectHeldUntil(after.epoch), { isRead: true, turn: tenant.tenantId })
  const began = { xid: row?.beganXid ?? 0n, position: row?.beganPosition ?? 0n }
  const isEarlier = after.xid < began.xid || (after.xid === began.xid && after.position < began.position)
  const { xid, position } = isEarlier ? after : began
  return goOnAfter(LOG_MOVED, encodeCheckpoint(keyring, tenant.tenantId, { epoch, xid, position }))
}

/** A token that can't be opened does not tell how far its reader had come. Only the beginning leaves no event out. */
async function keyGone(
  database: Database,
  keyring: SealKeyring,
  tenant: TenantContext,
): Promise<TrickleError> {
  const [row] = await database.query(selectCurrentEpoch, { isRead: true, turn: tenant.tenantId })
  const beginning = { epoch: row?.epoch ?? '', xid: 0n, position: 0n }
  return goOnAfter(KEY_GONE, encodeCheckpoint(keyring, tenant.tenantId, beginning))
}
