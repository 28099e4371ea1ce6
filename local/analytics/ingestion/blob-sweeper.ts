import type { BlobServiceClient } from '@azure/storage-blob'
import { countHandled, forgetHandled, handledBefore } from '../engine/index.ts'
import type { EngineDatabase, HandledMessage } from '../engine/index.ts'

/** A sender may order the same blob again within this time, as with the service's own temporary storage. */
const KEEP_MS = 24 * 60 * 60 * 1000
/** Azurite writes its books as a whole at each change: with many thousand blobs every request would be slow. */
const KEEP_AT_MOST = 2000
/** But nothing younger than this goes, however many there are. */
const KEEP_AT_LEAST_MS = 10 * 60 * 1000
/** How many go at once. */
const SWEEP_SIZE = 500

/**
 * Removes blobs that were ingested long ago. @returns how many were looked at
 * @throws when storage does not answer; what was not removed is found again
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
    // A blob that was uploaded again under its name waits for another message.
    await blob.deleteIfExists({ conditions: { ifUnmodifiedSince: before } })
  } catch (error) {
    const status =
      error !== null && typeof error === 'object' && 'statusCode' in error ? error.statusCode : undefined
    if (status !== 412) throw error
  }
}
