import { randomUUID } from 'node:crypto'
import type { QueueClient } from '@azure/storage-queue'
import type { IngestionFailure } from './ingestion-failure.ts'

/** What a report is about. */
export interface ReportSubject {
  /** The source id that the sender gave. */
  readonly sourceId: string
  readonly database: string
  readonly table: string
  readonly blobUrl: string
}

/** Puts a message on the FailedIngestionsQueue, as the service does. */
export async function reportFailure(
  queue: QueueClient,
  subject: ReportSubject,
  failure: IngestionFailure,
): Promise<void> {
  await send(queue, {
    ...common(subject),
    FailedOn: new Date().toISOString(),
    // A queue message holds at most 64 KiB.
    Details: failure.message.slice(0, 4000),
    ErrorCode: failure.code,
    FailureStatus: failure.permanent ? 'Permanent' : 'Transient',
    OriginatesFromUpdatePolicy: false,
    ShouldRetry: !failure.permanent,
  })
}

async function send(queue: QueueClient, message: Record<string, unknown>): Promise<void> {
  await queue.sendMessage(Buffer.from(JSON.stringify(message), 'utf8').toString('base64'))
}

const NO_ID = '00000000-0000-0000-0000-000000000000'

function common(subject: ReportSubject): Record<string, unknown> {
  return {
    OperationId: randomUUID(),
    Database: subject.database,
    Table: subject.table,
    IngestionSourceId: subject.sourceId === '' ? NO_ID : subject.sourceId,
    // Without the SAS: people who may read reports may not be allowed to read blobs.
    IngestionSourcePath: subject.blobUrl.split('?')[0],
    RootActivityId: NO_ID,
  }
}

/** Puts a message on the SuccessfulIngestionsQueue, for senders that ask for it. */
export async function reportSuccess(queue: QueueClient, subject: ReportSubject): Promise<void> {
  await send(queue, { ...common(subject), SucceededOn: new Date().toISOString() })
}
