import {
  BlobServiceClient,
  ContainerSASPermissions,
  SASProtocol,
  StorageSharedKeyCredential,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob'
import type { ContainerClient } from '@azure/storage-blob'
import {
  StorageSharedKeyCredential as QueueSharedKeyCredential,
  QueueSASPermissions,
  QueueServiceClient,
  generateQueueSASQueryParameters,
} from '@azure/storage-queue'
import type { QueueClient } from '@azure/storage-queue'
import type { StorageFacts } from '../../storage/index.ts'

/**
 * The storage that the stand-in gives to its clients. There are several containers and queues, as in the real service.
 * The SDK fails over from one to the next, which can send a message twice, and this must happen here too.
 */
export interface StorageResources {
  readonly facts: StorageFacts
  readonly blobService: BlobServiceClient
  readonly containers: readonly ContainerClient[]
  readonly readyQueues: readonly QueueClient[]
  readonly failedQueue: QueueClient
  readonly successfulQueue: QueueClient
}

export interface ResourceUri {
  readonly type: string
  readonly uri: string
}

const COPIES = 2

/** Longer than the hour for which the SDK keeps its resources, and than the seven days that a message may wait. */
const SAS_LIFETIME_MS = 14 * 24 * 60 * 60 * 1000

/** Storage is on this machine: if it does not answer soon, it is down, and the caller tries again by itself. */
const pipelineOptions = {
  retryOptions: { maxTries: 3, retryDelayInMs: 50, maxRetryDelayInMs: 500 },
}

/** Makes the containers and queues that are missing. @throws when storage does not answer */
export async function prepareResources(facts: StorageFacts, instance: string): Promise<StorageResources> {
  const blobService = new BlobServiceClient(
    facts.blobUrl,
    new StorageSharedKeyCredential(facts.accountName, facts.accountKey),
    pipelineOptions,
  )
  const queueService = new QueueServiceClient(
    facts.queueUrl,
    new QueueSharedKeyCredential(facts.accountName, facts.accountKey),
    pipelineOptions,
  )
  const numbers = Array.from({ length: COPIES }, (_, index) => index)
  const queue = (kind: string): QueueClient => queueService.getQueueClient(`kusto-${instance}-${kind}`)
  const resources: StorageResources = {
    facts,
    blobService,
    containers: numbers.map((number) => blobService.getContainerClient(`kusto-${instance}-temp-${number}`)),
    readyQueues: numbers.map((number) => queue(`ready-${number}`)),
    failedQueue: queue('failed'),
    successfulQueue: queue('successful'),
  }
  for (const container of resources.containers) await container.createIfNotExists()
  for (const client of [...resources.readyQueues, resources.failedQueue, resources.successfulQueue]) {
    await client.createIfNotExists()
  }
  return resources
}

/** The names by which the proxy tells queue requests from blob requests. */
export function queueNames(resources: StorageResources): Set<string> {
  return new Set(
    [...resources.readyQueues, resources.failedQueue, resources.successfulQueue].map((queue) => queue.name),
  )
}

/**
 * The rows of `.get ingestion resources`, all at the stand-in's own address.
 * @param origin for example http://127.0.0.1:8080, as the client called it
 */
export function resourceUris(resources: StorageResources, origin: string): ResourceUri[] {
  const { facts } = resources
  const root = `${origin}/${facts.accountName}`
  const expiresOn = new Date(Date.now() + SAS_LIFETIME_MS)
  const queue = (client: QueueClient): string => queueUri(root, client, facts, expiresOn)
  return [
    ...resources.readyQueues.map((client) => ({
      type: 'SecuredReadyForAggregationQueue',
      uri: queue(client),
    })),
    { type: 'FailedIngestionsQueue', uri: queue(resources.failedQueue) },
    { type: 'SuccessfulIngestionsQueue', uri: queue(resources.successfulQueue) },
    ...resources.containers.map((container) => ({
      type: 'TempStorage',
      uri: containerUri(root, container, facts, expiresOn),
    })),
    // The SDK expects a status table here. Reports to a table are not supported; ReportMethod.Queue is.
    { type: 'IngestionsStatusTable', uri: `${root}/status-reports-are-not-served` },
  ]
}

function queueUri(root: string, queue: QueueClient, facts: StorageFacts, expiresOn: Date): string {
  const credential = new QueueSharedKeyCredential(facts.accountName, facts.accountKey)
  const permissions = QueueSASPermissions.parse('raup')
  const sas = generateQueueSASQueryParameters({ queueName: queue.name, permissions, expiresOn }, credential)
  return `${root}/${queue.name}?${sas.toString()}`
}

function containerUri(
  root: string,
  container: ContainerClient,
  facts: StorageFacts,
  expiresOn: Date,
): string {
  const credential = new StorageSharedKeyCredential(facts.accountName, facts.accountKey)
  const permissions = ContainerSASPermissions.parse('racwl')
  const sas = generateBlobSASQueryParameters(
    { containerName: container.containerName, permissions, expiresOn, protocol: SASProtocol.HttpsAndHttp },
    credential,
  )
  return `${root}/${container.containerName}?${sas.toString()}`
}
