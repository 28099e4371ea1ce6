import { TrickleError } from '../errors/index.ts'
import type { BusClient } from './client.chunk.ts'
import { connectionOf } from './connection.ts'
import type { ConnectionFacts, ConnectionSettings } from './connection.ts'
import { failureOf } from './errors.ts'
import type { OutgoingMessage, PeekOptions, QueuePlace, StoredMessage } from './messages.ts'
import { takingOf } from './taking.ts'
import type { Taking } from './taking.ts'
import { within } from './within.ts'

export const serviceBusLimits = {
  /** The first send of a process opens a connection, a session and a link, and gets a token: under a second. */
  sendMs: 10_000,
  /** A peek is one round trip. */
  peekMs: 5_000,
  /** Messages of one peek. A page that an answer holds; the service gives some 250 at most. */
  peekMessagesMax: 250,
  /** The worker ends 5 s after it was told to end. */
  closeMs: 1_000,
} as const

export interface ServiceBusOptions extends ConnectionSettings {
  /** The name of the settings, as in ServiceBusConnection: errors name it. */
  readonly setting: string
}

export interface SendOptions {
  /** The whole time, of which a second attempt with a new client gets half. Default: 10 s. */
  readonly timeoutMs?: number
}

/**
 * One connection to Service Bus, under one identity. It is opened by the first call, and a client whose connection was
 * lost is replaced: the SDK 7.9.5 would wait up to a minute for the answer to closing a link that is gone.
 */
export class ServiceBus {
  readonly #connection: ConnectionFacts | null
  readonly #setting: string
  #client: Promise<BusClient> | undefined

  constructor(options: ServiceBusOptions) {
    this.#connection = connectionOf(options)
    this.#setting = options.setting
  }

  /** Whether there is a connection at all. Without one every call throws CONFIGURATION_INVALID. */
  get isSet(): boolean {
    return this.#connection !== null
  }

  /**
   * Sends messages as one batch: all or none. When the answer was lost they are sent again, so a message may be there
   * twice.
   * @throws TrickleError SERVICE_BUS_UNAVAILABLE, MESSAGE_TOO_LARGE, CONFIGURATION_INVALID
   */
  async send(
    queue: string,
    messages: readonly OutgoingMessage[],
    { timeoutMs = serviceBusLimits.sendMs }: SendOptions = {},
  ): Promise<void> {
    if (messages.length === 0) return
    const send = (): Promise<void> =>
      this.#bounded(queue, timeoutMs / 2, (client, signal) => client.send(queue, messages, signal))
    const hadClient = this.#client !== undefined
    try {
      await send()
    } catch (error) {
      // The connection may have been lost since the last call; a client that was new has tried what there is to try.
      if (!hadClient || this.#client !== undefined) throw error
      await send()
    }
  }

  /**
   * Looks at messages without taking them, also at those that others hold locks of, in the order of their numbers.
   * @throws TrickleError SERVICE_BUS_UNAVAILABLE, CONFIGURATION_INVALID
   */
  async peek(place: QueuePlace, wanted: PeekOptions): Promise<readonly StoredMessage[]> {
    const messagesMax = Math.min(wanted.messagesMax, serviceBusLimits.peekMessagesMax)
    const options = { ...wanted, messagesMax }
    return this.#bounded(nameOf(place), serviceBusLimits.peekMs, (client, signal) =>
      client.peek(place, options, signal),
    )
  }

  /**
   * Opens a way to take messages. A queue with sessions can't be taken from here; its dead-letter queue can. Close it.
   * @throws TrickleError SERVICE_BUS_UNAVAILABLE, CONFIGURATION_INVALID
   */
  async take(place: QueuePlace): Promise<Taking> {
    const used = this.#open()
    const receiver = (await used).receiver(place)
    return takingOf(receiver, {
      what: nameOf(place),
      setting: this.#setting,
      lost: () => this.#drop(used),
    })
  }

  /** For the end of the process. A later call would open a new connection. */
  async close(): Promise<void> {
    const used = this.#client
    if (used === undefined) return
    this.#client = undefined
    await within(serviceBusLimits.closeMs, 'closing', async () => {
      await (await used).close()
    }).catch(() => undefined)
  }

  async #bounded<Result>(
    what: string,
    timeMs: number,
    work: (client: BusClient, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const used = this.#open()
    try {
      return await within(timeMs, what, async (signal) => work(await used, signal))
    } catch (error) {
      const failure = failureOf(error, what, this.#setting)
      if (failure.isConnectionLost) this.#drop(used)
      throw failure.error
    }
  }

  #open(): Promise<BusClient> {
    this.#client ??= this.#made()
    return this.#client
  }

  async #made(): Promise<BusClient> {
    if (this.#connection === null) {
      throw new TrickleError(
        'CONFIGURATION_INVALID',
        `${this.#setting}: there is no Service Bus. Set ${this.#setting}, or ${this.#setting}__fullyQualifiedNamespace (docs/configuration.md).`,
      )
    }
    const { createBusClient } = await import('./client.chunk.ts')
    try {
      return createBusClient(this.#connection, serviceBusLimits.sendMs)
    } catch (error) {
      throw new TrickleError(
        'CONFIGURATION_INVALID',
        `${this.#setting}: it is no connection string of Service Bus, which has the form Endpoint=sb://...;SharedAccessKeyName=...;SharedAccessKey=... (docs/configuration.md).`,
        { cause: error },
      )
    }
  }

  /** Others may have got a new client already, and that one stays. */
  #drop(used: Promise<BusClient>): void {
    if (this.#client === used) this.#client = undefined
    // Not waited for: it may take a minute, and fails where the client could not be made.
    used.then((client) => client.close()).catch(() => undefined)
  }
}

const nameOf = ({ queue, isDeadLetter }: QueuePlace): string =>
  isDeadLetter ? `the dead-letter queue of ${queue}` : queue
