import type { Readable } from 'node:stream'
import type { BlobServiceClient } from '@azure/storage-blob'
import { IngestionFailure } from './ingestion-failure.ts'

export interface BlobAddress {
  readonly container: string
  readonly name: string
}

/**
 * The blob that a URL names. Host, port and SAS are ignored: the stand-in may have moved to another port while the
 * message waited, and it reads blobs with its own key.
 * @throws IngestionFailure BadRequest_InvalidBlobUri
 */
export function blobAddress(url: string, accountName: string): BlobAddress {
  let path: string
  try {
    path = decodeURIComponent(new URL(url).pathname)
  } catch (cause) {
    throw new IngestionFailure('BadRequest_InvalidBlobUri', `Not the URL of a blob: ${url.slice(0, 200)}`, {
      cause,
    })
  }
  const withoutAccount = path.startsWith(`/${accountName}/`) ? path.slice(accountName.length + 1) : path
  const [, container = '', ...rest] = withoutAccount.split('/')
  const name = rest.join('/')
  if (container === '' || name === '') {
    throw new IngestionFailure(
      'BadRequest_InvalidBlobUri',
      `Not the URL of a blob: ${url.split('?')[0] ?? ''}`,
    )
  }
  return { container, name }
}

/** @throws IngestionFailure Download_SourceNotFound; Download_UnknownError (transient) when storage does not answer */
export async function openBlob(
  service: BlobServiceClient,
  address: BlobAddress,
  signal: AbortSignal,
): Promise<Readable> {
  const client = service.getContainerClient(address.container).getBlobClient(address.name)
  try {
    const answer = await client.download(undefined, undefined, { abortSignal: signal })
    if (answer.readableStreamBody === undefined) throw new Error('The download has no body.')
    return answer.readableStreamBody as Readable
  } catch (cause) {
    const where = `${address.container}/${address.name}`
    if (statusOf(cause) === 404) {
      throw new IngestionFailure('Download_SourceNotFound', `There is no blob ${where}.`, { cause })
    }
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new IngestionFailure('Download_UnknownError', `The blob ${where} cannot be read: ${message}`, {
      permanent: false,
      cause,
    })
  }
}

function statusOf(error: unknown): number | undefined {
  if (error === null || typeof error !== 'object' || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}
