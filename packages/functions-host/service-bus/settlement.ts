import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../start-failure.ts'
import type { Loss } from './loss.ts'

/** What settles messages: a receiver of the SDK. */
export interface Settler {
  completeMessage(message: ServiceBusReceivedMessage): Promise<void>
  abandonMessage(message: ServiceBusReceivedMessage): Promise<void>
}

export interface OpenReceiver {
  readonly settler: Settler
  readonly loss: Loss
}

export type Outcome = 'complete' | 'abandon'

/**
 * Locks outlast a connection, so a message that was worked on meanwhile is settled over the next one, by its lock token.
 * This is how long the next one is waited for; after that the message comes again when its lock ends.
 */
const NEXT_RECEIVER_MAX_MS = 15_000

/** Settles the messages of one function. A message that can't be settled comes again: that is told, and no failure. */
export class Settlement {
  #current: OpenReceiver | undefined
  #following: Promise<OpenReceiver | undefined> | undefined
  #arrived: (() => void) | undefined
  readonly #stopping: AbortSignal
  readonly #told: (problem: string) => void

  constructor(stopping: AbortSignal, told: (problem: string) => void) {
    this.#stopping = stopping
    this.#told = told
  }

  /** Tells of a receiver that can settle messages of earlier ones. Not for sessions, whose lock ends with the link. */
  follow(open: OpenReceiver): void {
    this.#current = open
    this.#arrived?.()
  }

  /** Settles all at the same time. */
  async settle(
    from: OpenReceiver,
    messages: readonly ServiceBusReceivedMessage[],
    outcome: Outcome,
  ): Promise<void> {
    const failures = await Promise.all(messages.map((message) => this.#settleOne(from, message, outcome)))
    const failed = failures.filter((failure) => failure !== undefined)
    const [first] = failed
    if (first === undefined) return
    this.#told(
      `${failed.length} of ${messages.length} messages could not be settled (${outcome}) and may come again. The first: ${first}`,
    )
  }

  async #settleOne(
    from: OpenReceiver,
    message: ServiceBusReceivedMessage,
    outcome: Outcome,
  ): Promise<string | undefined> {
    const failure = await attempt(from, message, outcome)
    if (failure === undefined || from.loss.reason === undefined || message.sessionId !== undefined)
      return failure === undefined ? undefined : describe(message, failure)
    const next = await this.#next()
    if (next === undefined) return describe(message, failure)
    const second = await attempt(next, message, outcome)
    return second === undefined ? undefined : describe(message, second)
  }

  /** The receiver that follows, for all that wait for it; undefined when none comes in time. */
  #next(): Promise<OpenReceiver | undefined> {
    if (this.#open() !== undefined) return Promise.resolve(this.#open())
    this.#following ??= this.#wait().finally(() => {
      this.#following = undefined
    })
    return this.#following
  }

  async #wait(): Promise<OpenReceiver | undefined> {
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#stopping, stop.signal])
    const limit = delay(NEXT_RECEIVER_MAX_MS, undefined, { signal }).catch(() => undefined)
    const arrival = new Promise<void>((resolve) => {
      this.#arrived = resolve
    })
    await Promise.race([arrival, limit])
    stop.abort()
    return this.#open()
  }

  #open(): OpenReceiver | undefined {
    return this.#current?.loss.reason === undefined ? this.#current : undefined
  }
}

async function attempt(
  { settler, loss }: OpenReceiver,
  message: ServiceBusReceivedMessage,
  outcome: Outcome,
): Promise<unknown> {
  if (loss.reason !== undefined) return loss.reason
  try {
    await loss.unlessLost(
      outcome === 'complete' ? settler.completeMessage(message) : settler.abandonMessage(message),
    )
    return undefined
  } catch (error) {
    return error
  }
}

function describe({ messageId }: ServiceBusReceivedMessage, failure: unknown): string {
  return `'${String(messageId)}': ${messageOf(failure)}`
}
