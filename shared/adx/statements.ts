import { bigint, boolean, columns, integer, noColumns, text } from '../postgres/index.ts'
import type { RowOf, Statement } from '../postgres/index.ts'
import type { FeedPosition } from '../subscriptions/index.ts'

export interface SealedBatch {
  readonly batchId: string
  readonly subscription: string
  readonly epoch: string
  readonly from: FeedPosition
  readonly to: FeedPosition
  readonly eventCount: number
  /** Of the NDJSON before compression. */
  readonly byteCount: number
  /** SHA-256 of the NDJSON before compression, as hex. */
  readonly contentHash: string
  readonly blobName: string
  readonly tag: string
}

const batchColumns = columns({
  batchId: text,
  subscription: text,
  epoch: text,
  fromXid: bigint,
  fromPosition: bigint,
  toXid: bigint,
  toPosition: bigint,
  eventCount: integer,
  byteCount: integer,
  contentHash: text,
  blobName: text,
  tag: text,
})

export type BatchRow = RowOf<typeof batchColumns>

/**
 * The batch that was sealed and not yet marked as sent; there is one at the most. A batch of an earlier generation is
 * marked as abandoned: an operator has moved the subscription since.
 */
export const openBatch = (subscription: string, generation: number): Statement<BatchRow> => ({
  name: 'open_batch',
  text: `select b.batch_id, b.subscription, b.epoch, b.from_xid, b.from_position, b.to_xid, b.to_position, b.event_count,
      b.byte_count, encode(b.content_hash, 'hex') as content_hash, b.blob_name, b.tag
    from trickle_analytics_outbox.open_batch($1, $2) b`,
  columns: batchColumns,
  values: [subscription, generation],
})

/** False: another holder works on the subscription, and nothing was changed. */
const heldColumns = columns({ isHeld: boolean })

type HeldStatement = Statement<RowOf<typeof heldColumns>>

export const sealBatch = (fence: bigint, batch: SealedBatch): HeldStatement => ({
  name: 'seal_batch',
  text: `select trickle_analytics_outbox.seal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, decode($11, 'hex'), $12, $13) as is_held`,
  columns: heldColumns,
  values: [
    fence,
    batch.batchId,
    batch.subscription,
    batch.epoch,
    batch.from.xid,
    batch.from.position,
    batch.to.xid,
    batch.to.position,
    batch.eventCount,
    batch.byteCount,
    batch.contentHash,
    batch.blobName,
    batch.tag,
  ],
})

export const beginAttempt = (batchId: string): Statement => ({
  name: 'begin_attempt',
  text: 'select trickle_analytics_outbox.begin_attempt($1)',
  columns: noColumns,
  values: [batchId],
})

export const completeBatch = (fence: bigint, batchId: string, leaseMs: number): HeldStatement => ({
  name: 'complete_batch',
  text: 'select trickle_analytics_outbox.complete($1, $2, $3) as is_held',
  columns: heldColumns,
  values: [fence, batchId, leaseMs],
})
