import { setTimeout as delay } from 'node:timers/promises'
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue'
import { isHandled } from '../engine/index.ts'
import type { Fault, FaultDoor } from '../faults/index.ts'
import { carryOut } from './carry-out.ts'
import type { OrderContext } from './carry-out.ts'
import { IngestionFailure } from './ingestion-failure.ts'
import { orderHead, orderOf } from './queue-message.ts'
import type { IngestionOrder } from './queue-message.ts'
import { reportFailure, reportSuccess } from './reports.ts'
import type { ReportSubject } from './reports.ts'
import type { Wake } from './wake.ts'

export interface QueueWorkerOptions extends Omit<OrderContext, 'signal'> {
  readonly faults: FaultDoor
  readonly wake: Wake
  readonly log: (line: string) => void
}

/** Seconds that a received message stays hidden. After a kill the next start has to wait this long to see it again. */
const HIDDEN_SECONDS = 2
/** Messages received at once. */
const BATCH_SIZE = 16
/** The stand-in's proxy wakes the worker when a message passes. This look finds messages that came another way. */
const LOOK_EVERY_MS = 500
/** A message that failed this often for transient reasons is given up, as the service does. */
const ATTEMPTS_MAX = 100

type Verdict = 'done' | 'again'

/** Takes messages from the queues one after the other and carries them out. */
export class QueueWorker {
  readonly #options: QueueWorkerOptions
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>

  constructor(options: QueueWorkerOptions) {
    this.#options = options
    this.#ended = this.#run()
  }

  /** Waits until the message that is being handled is finished. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#options.wake.wake()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let failing = false
    while (!signal.aborted) {
      try {
        let received = 0
        for (const queue of this.#options.resources.readyQueues) received += await this.#drain(queue)
        failing = false
        if (received === 0) await this.#options.wake.wait(LOOK_EVERY_MS)
      } catch (error) {
        // One line when the trouble begins. Otherwise the log would get two lines a second.
        if (!failing && !signal.aborted) this.#options.log(`Storage does not answer: ${String(error)}`)
        failing = true
        await this.#options.wake.wait(LOOK_EVERY_MS)
      }
    }
  }

  async #drain(queue: QueueClient): Promise<number> {
    const { receivedMessageItems: messages } = await queue.receiveMessages({
      numberOfMessages: BATCH_SIZE,
      visibilityTimeout: HIDDEN_SECONDS,
      abortSignal: this.#stopping.signal,
    })
    for (const message of messages) {
      if (this.#stopping.signal.aborted) break
      // The receipt stays valid even after the message is visible again, since no other reader receives it.
      if ((await this.#handle(message)) === 'done')
        await queue.deleteMessage(message.messageId, message.popReceipt)
    }
    return messages.length
  }

  async #handle(message: DequeuedMessageItem): Promise<Verdict> {
    const { database, resources, log } = this.#options
    if (isHandled(database.reader, message.messageId)) return 'done'
    const head = orderHead(message.messageText)
    const subject: ReportSubject = {
      sourceId: head?.Id ?? '',
      database: head?.DatabaseName ?? '',
      table: head?.TableName ?? '',
      blobUrl: head?.BlobPath ?? '',
    }
    try {
      if (head === undefined)
        throw new IngestionFailure('BadRequest_CorruptedMessage', 'The message is no ingestion order.')
      return await this.#obey(orderOf(head), subject, message.messageId)
    } catch (error) {
      const failure = asFailure(error)
      if (this.#stopping.signal.aborted) return 'again'
      log(`Ingestion of ${subject.blobUrl.split('?')[0] ?? ''} failed: ${failure.code}: ${failure.message}`)
      if (!failure.final && message.dequeueCount < ATTEMPTS_MAX) return 'again'
      const given = failure.final
        ? failure
        : new IngestionFailure('General_RetryAttemptsExceeded', failure.message)
      if (head?.ReportLevel !== 1) await reportFailure(resources.failedQueue, subject, given)
      return 'done'
    }
  }

  async #obey(order: IngestionOrder, subject: ReportSubject, messageId: string): Promise<Verdict> {
    const { faults, resources } = this.#options
    const fault = faults.decide(
      `INGEST /${order.database}/${order.table}?blob=${order.blobUrl.split('?')[0] ?? ''} | ${order.tags.join(' ')}`,
    )
    if (fault !== undefined) await this.#endure(fault)
    if (fault?.ending?.kind === 'cut' && !fault.after) return 'again'
    const isForgotten = fault?.ending?.kind === 'cut'
    await carryOut(
      { ...this.#options, signal: this.#stopping.signal },
      order,
      isForgotten ? undefined : messageId,
    )
    if (isForgotten) return 'again'
    if (fault?.ending?.kind === 'status') throw faultFailure(fault.ending.status)
    if (order.reportLevel === 2) await reportSuccess(resources.successfulQueue, subject)
    return 'done'
  }

  async #endure(fault: Fault): Promise<void> {
    if (fault.delayMs > 0) await delay(fault.delayMs, undefined, { signal: this.#stopping.signal })
    if (fault.ending?.kind === 'status' && !fault.after) throw faultFailure(fault.ending.status)
  }
}

function asFailure(error: unknown): IngestionFailure {
  if (error instanceof IngestionFailure) return error
  const message = error instanceof Error ? error.message : String(error)
  return new IngestionFailure('General_InternalServerError', message, { permanent: false, cause: error })
}

function faultFailure(status: number): IngestionFailure {
  const permanent = status < 500
  const code = permanent ? 'General_BadRequest' : 'General_InternalServerError'
  return new IngestionFailure(code, `A fault rule gave status ${status}.`, { permanent, final: true })
}
