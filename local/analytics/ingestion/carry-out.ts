import { findTable } from '../engine/index.ts'
import type { EngineDatabase, IngestionOutcome } from '../engine/index.ts'
import { INGESTION_BYTES_MAX } from '../limits.ts'
import type { StorageResources } from '../storage/index.ts'
import { blobAddress, openBlob } from './blob-source.ts'
import { ingestText } from './ingest-text.ts'
import { IngestionFailure } from './ingestion-failure.ts'
import type { IngestionOrder } from './queue-message.ts'

export interface OrderContext {
  readonly database: EngineDatabase
  readonly databaseName: string
  readonly resources: StorageResources
  readonly signal: AbortSignal
}

/**
 * Carries out what a queue message orders.
 * @param messageId remembered in the ingestion's transaction. Undefined: nothing is remembered, so if the message comes
 *   again, it is carried out again
 * @throws IngestionFailure with nothing kept
 */
export async function carryOut(
  context: OrderContext,
  order: IngestionOrder,
  messageId: string | undefined,
): Promise<IngestionOutcome> {
  const { database, resources } = context
  if (order.database !== context.databaseName) {
    throw new IngestionFailure('BadRequest_DatabaseNotExist', `There is no database '${order.database}'.`)
  }
  const table = findTable(database.reader, order.table)
  if (table === undefined) {
    throw new IngestionFailure('BadRequest_TableNotExist', `There is no table '${order.table}'.`)
  }
  const address = blobAddress(order.blobUrl, resources.facts.accountName)
  const blob = `${address.container}/${address.name}`
  return await ingestText(database, () => openBlob(resources.blobService, address, context.signal), {
    table,
    format: order.format,
    mappingName: order.mappingName,
    mapping: order.mapping,
    tags: order.tags,
    ingestIfNotExists: order.ingestIfNotExists,
    // The service decides by the blob's name whether the blob is compressed.
    gzip: address.name.toLowerCase().endsWith('.gz'),
    maxBytes: INGESTION_BYTES_MAX,
    message: messageId === undefined ? undefined : { messageId, blob },
  })
}
