import { ManagedIdentityCredential, DefaultAzureCredential } from '@azure/identity'
import { KustoConnectionStringBuilder } from 'azure-kusto-data'
import {
  BlobDescriptor,
  DataFormat,
  IngestClient,
  IngestionProperties,
  IngestionMappingKind,
  ReportLevel,
  ReportMethod,
  StreamDescriptor,
} from 'azure-kusto-ingest'
import { Readable } from 'node:stream'

export interface SendOptions {
  readonly table: string
  readonly mapping: string
  readonly tag: string
  readonly blobName: string
  /** UUID of version 4: the SDK refuses any other. */
  readonly sourceId: string
  /** Before compression; a blob of unknown size is ingested less well. */
  readonly rawBytes: number
  readonly content: Buffer
}

export interface KustoSender {
  send(options: SendOptions): Promise<void>
  close(): void
}

/**
 * How long a client of the SDK is used. It keeps the addresses of the cluster's queues, and goes on with them where the
 * cluster does not answer any more. So a batch for a cluster that has stopped would be told as handed over. A new client
 * asks the cluster first, and fails.
 */
const CLIENT_AGE_MAX_MS = 1_800_000

/**
 * The real SDK, in the one way of using it that keeps size, source id and tags (its stream methods lose them).
 * @param nowMs a clock that never goes back
 */
export function createKustoSender(
  url: string,
  database: string,
  clientId: string | undefined,
  isLocal: boolean,
  nowMs: () => number = () => performance.now(),
): KustoSender {
  const asked = connection(url, clientId, isLocal)
  let made = { client: new IngestClient(asked, undefined), atMs: nowMs() }
  const freshClient = (): IngestClient => {
    if (nowMs() - made.atMs >= CLIENT_AGE_MAX_MS) {
      made.client.close()
      made = { client: new IngestClient(asked, undefined), atMs: nowMs() }
    }
    return made.client
  }
  return {
    async send({ table, mapping, tag, blobName, sourceId, rawBytes, content }) {
      const client = freshClient()
      const descriptor = new StreamDescriptor(Readable.from([content]), sourceId)
      const blobUri = await client.uploadToBlobWithRetry(descriptor, blobName)
      // New properties for each call: the SDK merges default properties by reference. The tags of one batch would then
      // make the service silently skip the next batch.
      const properties = new IngestionProperties({
        database,
        table,
        format: DataFormat.JSON,
        ingestionMappingReference: mapping,
        ingestionMappingKind: IngestionMappingKind.JSON,
        ingestByTags: [tag],
        // The service expects the text of an array here; the SDK passes it on as it is.
        ingestIfNotExists: JSON.stringify([tag]),
        reportLevel: ReportLevel.FailuresOnly,
        reportMethod: ReportMethod.Queue,
      })
      await client.ingestFromBlob(new BlobDescriptor(blobUri, rawBytes, sourceId), properties)
    },
    close() {
      made.client.close()
    },
  }
}

function connection(
  url: string,
  clientId: string | undefined,
  isLocal: boolean,
): KustoConnectionStringBuilder {
  if (isLocal && url.startsWith('http:')) return localConnection(url)
  const credential =
    clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId })
  return KustoConnectionStringBuilder.withTokenCredential(url, credential)
}

/**
 * The url of a local stand-in may hold its token as a password. It is sent in the same way as a token to the real
 * service.
 */
function localConnection(url: string): KustoConnectionStringBuilder {
  const { origin, password } = new URL(url)
  if (password === '') return new KustoConnectionStringBuilder(url)
  return KustoConnectionStringBuilder.withAccessToken(origin, password)
}
