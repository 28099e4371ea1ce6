import type { BlobServiceClient } from '@azure/storage-blob'
import { countHandled, forgetHandled, handledBefore } from '../engine/index.ts'
import type { EngineDatabase, HandledMessage } from '../engine/index.ts'

/** A sender may order the ingestion of the same blob again within this time, as in the service's temporary storage. */
const KEEP_MS = 24 * 60 * 60 * 1000
/** Azurite writes its whole metadata file at each change: with many thousand blobs every request would be slow. */
const KEEP_AT_MOST = 2000
/** A blob younger than this is never removed, even if there are more than KEEP_AT_MOST. */
const KEEP_AT_LEAST_MS = 10 * 60 * 1000
/** How many blobs one sweep removes. */
const SWEEP_SIZE = 500

/**
 * Removes blobs that were ingested long ago. @returns how many blobs were handled
 * @throws when storage does not answer; the next sweep finds the blobs that were not removed
 */
export async function sweepBlobs(
  database: EngineDatabase,
  service: BlobServiceClient,
  nowMs: number,
): Promise<number> {
  const isCrowded = countHandled(database.reader) > KEEP_AT_MOST
  const before = nowMs - (isCrowded ? KEEP_AT_LEAST_MS : KEEP_MS)
  const old = handledBefore(database.reader, before, SWEEP_SIZE)
  for (const message of old) await removeBlob(service, message, new Date(before))
  await database.writing.run(() => {
    forgetHandled(
      database.writer,
      old.map((message) => message.messageId),
    )
  })
  return old.length
}

async function removeBlob(service: BlobServiceClient, message: HandledMessage, before: Date): Promise<void> {
  const [container = '', ...name] = message.blob.split('/')
  const blob = service.getContainerClient(container).getBlobClient(name.join('/'))
  try {
    // If a blob was uploaded again under the same name, the new blob belongs to another message and must stay.
    await blob.deleteIfExists({ conditions: { ifUnmodifiedSince: before } })
  } catch (error) {
    const status =
      error !== null && typeof error === 'object' && 'statusCode' in error ? error.statusCode : undefined
    if (status !== 412) throw error
  }
}
