import type { BusReceiver } from './client.chunk.ts'
import { failureOf } from './errors.ts'
import type { StoredMessage } from './messages.ts'
import { within } from './within.ts'

/** Settling is one round trip. */
const SETTLE_MAX_MS = 5_000

/**
 * Messages are taken under locks: while it holds one nobody else gets the message. What is not settled when the lock
 * ends comes again, with one delivery more.
 */
export interface Taking {
  /**
   * Up to so many messages, as soon as there is one; none if there is none within the time.
   * @throws TrickleError SERVICE_BUS_UNAVAILABLE, CONFIGURATION_INVALID
   */
  receive(messagesMax: number, waitMs: number): Promise<readonly StoredMessage[]>
  /** Removes the message. @throws TrickleError MESSAGE_LOCK_LOST, SERVICE_BUS_UNAVAILABLE */
  complete(message: StoredMessage): Promise<void>
  /** Gives it back at once. @throws as `complete` */
  abandon(message: StoredMessage): Promise<void>
  /** Messages that are not settled stay locked until their locks end. */
  close(): Promise<void>
}

interface TakingOptions {
  readonly what: string
  readonly setting: string
  readonly lost: () => void
}

/** @param lost called when the connection may be lost, so that the next caller gets a new client */
export function takingOf(receiver: BusReceiver, { what, setting, lost }: TakingOptions): Taking {
  const bounded = async <Result>(
    timeMs: number,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await within(timeMs, what, work)
    } catch (error) {
      const failure = failureOf(error, what, setting)
      if (failure.isConnectionLost) lost()
      throw failure.error
    }
  }
  return {
    receive: (messagesMax, waitMs) =>
      bounded(waitMs + SETTLE_MAX_MS, (signal) => receiver.receive(messagesMax, waitMs, signal)),
    complete: (message) => bounded(SETTLE_MAX_MS, () => receiver.complete(message)),
    abandon: (message) => bounded(SETTLE_MAX_MS, () => receiver.abandon(message)),
    close: async () => {
      await within(SETTLE_MAX_MS, what, () => receiver.close()).catch(lost)
    },
  }
}
