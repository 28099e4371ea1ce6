import { createHash } from 'node:crypto'
import { TrickleError } from '../errors/index.ts'
import type { Database } from '../postgres/index.ts'
import { Lease } from '../subscriptions/index.ts'
import type { FeedPosition, FeedReader, Subscriber } from '../subscriptions/index.ts'
import { buildContent } from './batch-content.ts'
import type { BatchContent } from './batch-content.ts'
import type { KustoSender } from './kusto.chunk.ts'
import { beginAttempt, completeBatch, openBatch, sealBatch } from './statements.ts'
import type { BatchRow, SealedBatch } from './statements.ts'

export const TABLE = 'EventsRaw'
export const MAPPING = 'EventsJson'

/** Name of the forwarder's subscription. */
export const FORWARDER_NAME = 'forward-adx'

/**
 * Forwards the feed of all tenants to Azure Data Explorer, effectively once: a batch is frozen in PostgreSQL before it
 * is sent. If its sender dies, the same batch is sent again. Its tag makes the service skip it if it has arrived
 * before.
 *
 *   seal (range, count, hash) -> upload blob -> enqueue with ingest-by tag -> mark as sent and move the checkpoint
 */
export class AnalyticsForwarder implements Subscriber {
  readonly name = FORWARDER_NAME
  readonly #database: Database
  readonly #analyticsDatabase: string
  readonly #sender: () => Promise<KustoSender>

  /** @param sender made at the first batch, so that an idle forwarder never loads the SDK. */
  constructor(database: Database, analyticsDatabase: string, sender: () => Promise<KustoSender>) {
    this.#database = database
    this.#analyticsDatabase = analyticsDatabase
    this.#sender = sender
  }

  async step(lease: Lease, feed: FeedReader): Promise<number> {
    const open = await this.#openBatch(lease)
    const prepared = open === null ? await this.#seal(lease, feed) : await this.#reopen(lease, feed, open)
    if (prepared === null) return 0
    await this.#send(lease, prepared.batch, prepared.content)
    return prepared.batch.eventCount
  }

  async #openBatch(lease: Lease): Promise<SealedBatch | null> {
    const [row] = await this.#database.query(openBatch(this.name, lease.generation), {
      resolvesAmbiguity: true,
    })
    return row === undefined ? null : batchOfRow(row)
  }

  async #seal(lease: Lease, feed: FeedReader) {
    const batchId = batchIdOf(lease.epoch, this.name, lease.checkpoint, lease.generation)
    const content = await buildContent(feed, batchId, lease.checkpoint, null)
    if (content.to === null) return null
    const batch = this.#describe(lease, batchId, content, content.to)
    // If the answer is lost, the next run finds the sealed batch and goes on with it.
    const [row] = await this.#database.query(sealBatch(lease.fence, batch))
    if (row?.isHeld !== true) throw lease.lost()
    return { batch, content }
  }

  /** Goes on with a batch that an earlier run sealed and did not finish. The same range must give the same bytes. */
  async #reopen(lease: Lease, feed: FeedReader, batch: SealedBatch) {
    if (batch.epoch !== lease.epoch) {
      throw new TrickleError(
        'SUBSCRIPTION_STOPPED',
        `The batch ${batch.batchId} belongs to an ended epoch of the log.`,
      )
    }
    const content = await buildContent(feed, batch.batchId, batch.from, batch.to)
    if (content.hash === batch.contentHash && content.eventCount === batch.eventCount)
      return { batch, content }
    throw new TrickleError(
      'SUBSCRIPTION_STOPPED',
      `The batch ${batch.batchId} was sealed with other content than the log holds now. An operator must decide how to go on.`,
    )
  }

  async #send(lease: Lease, batch: SealedBatch, content: BatchContent): Promise<void> {
    const sender = await this.#sender()
    await this.#database.query(beginAttempt(batch.batchId), { resolvesAmbiguity: true })
    await lease.renew()
    try {
      await sender.send({
        table: TABLE,
        mapping: MAPPING,
        tag: batch.tag,
        blobName: batch.blobName,
        sourceId: batch.batchId,
        rawBytes: content.rawBytes,
        content: content.compressed,
      })
    } catch (error) {
      throw new TrickleError(
        'ANALYTICS_UNAVAILABLE',
        `The batch ${batch.batchId} could not be handed to Azure Data Explorer; it will be sent again. ${reasonOf(error)}`,
        {
          cause: error,
        },
      )
    }
    const [row] = await this.#database.query(completeBatch(lease.fence, batch.batchId, Lease.durationMs))
    if (row?.isHeld !== true) throw lease.lost()
    lease.advancedTo(batch.to)
  }

  #describe(lease: Lease, batchId: string, content: BatchContent, to: FeedPosition): SealedBatch {
    const from = lease.checkpoint
    return {
      batchId,
      subscription: this.name,
      epoch: lease.epoch,
      from,
      to,
      eventCount: content.eventCount,
      byteCount: content.rawBytes,
      contentHash: content.hash,
      blobName: `${this.#analyticsDatabase}__${TABLE}__${batchId}.json.gz`,
      tag: batchId,
    }
  }
}

/**
 * The id is derived from the point at which the batch begins: at one point of one epoch a subscription seals only one
 * batch. So the rows can carry the id while the batch is still being read. The id has the form of a version 4 UUID,
 * because the SDK accepts no other form as source id.
 * @param generation grows when an operator moves the subscription to another point. A batch that begins where an
 *   earlier one began may then hold more events. Under the tag of the earlier batch the service would skip them.
 */
export function batchIdOf(
  epoch: string,
  subscription: string,
  from: FeedPosition,
  generation: number,
): string {
  const text = [epoch, subscription, from.xid, from.position, ...(generation === 0 ? [] : [generation])].join(
    '|',
  )
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const batchOfRow = ({ fromXid, fromPosition, toXid, toPosition, ...batch }: BatchRow): SealedBatch => ({
  ...batch,
  from: { xid: fromXid, position: fromPosition },
  to: { xid: toXid, position: toPosition },
})

/** The SDK appends stacks to its messages; the first line says what happened. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n', 1)[0] ?? '').slice(0, 500) : ''
