import type { QueuePlace, StoredMessage } from './messages.ts'
import type { ServiceBus } from './service-bus.ts'
import type { Taking } from './taking.ts'

export const deadLetterLimits = {
  /** Dead letters that one page looks at, whether the filter takes them or not: four round trips, and a second. */
  lookedMax: 1_000,
  /** Messages that a count looks at. */
  countedMax: 1_000,
  /**
   * Others that lie before the wanted ones are held meanwhile, since Service Bus gives out its oldest first and has no
   * way to ask for a certain one. An instance of 512 MB holds as many bytes without harm.
   */
  heldMax: 500,
  heldBytesMax: 67_108_864,
} as const

/** Messages of one round trip. */
const RECEIVED_MAX = 50
const PEEKED_MAX = 250
/** Dead letters come at once if there are any; this is for a slow network. */
const WAIT_MS = 2_000

export interface DeadLetterQuery {
  /** Goes on after this sequence number. Default: from the first. */
  readonly after?: bigint
  readonly limit: number
  /** Only dead letters with this reason. Default: all. */
  readonly reason?: string
}

export interface DeadLetterPage {
  readonly messages: readonly StoredMessage[]
  /** `after` of the next page, which may be empty; null at the end. */
  readonly next: bigint | null
}

export interface MessageCount {
  readonly count: number
  /** Counting stopped there: it is at least so many. */
  readonly isLowerBound: boolean
}

/** What became of a wanted dead letter. stays: it was handled and is there still. unreached: nobody touched it. */
export type Removal = 'removed' | 'stays' | 'unreached'

/**
 * The dead-letter queues, for an operator. A dead letter is known by its sequence number, which it keeps.
 *
 * Invariant: a dead letter is removed after it was handled and never before, so that a crash leaves it where it is.
 * @throws TrickleError SERVICE_BUS_UNAVAILABLE, CONFIGURATION_INVALID from every method
 */
export class DeadLetters {
  readonly #bus: Pick<ServiceBus, 'peek' | 'take'>

  constructor(bus: Pick<ServiceBus, 'peek' | 'take'>) {
    this.#bus = bus
  }

  /** The oldest first. Takes nothing. */
  async page(queue: string, { after = 0n, limit, reason }: DeadLetterQuery): Promise<DeadLetterPage> {
    const messages: StoredMessage[] = []
    let looked = 0
    for (let last = after; ;) {
      const messagesMax = Math.min(PEEKED_MAX, deadLetterLimits.lookedMax - looked)
      const peeked = await this.#bus.peek(deadLettersOf(queue), { from: last + 1n, messagesMax })
      if (peeked.length === 0) return { messages, next: null }
      for (const message of peeked) {
        last = message.sequenceNumber
        looked += 1
        if (reason === undefined || message.deadLetterReason === reason) messages.push(message)
        if (messages.length >= limit || looked >= deadLetterLimits.lookedMax) return { messages, next: last }
      }
    }
  }

  /** Undefined where there is none with this number. Takes nothing. */
  async get(queue: string, sequenceNumber: bigint): Promise<StoredMessage | undefined> {
    const [found] = await this.#bus.peek(deadLettersOf(queue), { from: sequenceNumber, messagesMax: 1 })
    return found?.sequenceNumber === sequenceNumber ? found : undefined
  }

  /**
   * Takes certain dead letters under locks, has them handled, and then removes them. All others are given back, with one
   * delivery more.
   * @param handle gets some of the wanted ones at a time, in the order in which Service Bus gives them, and calls `mayGo`
   *   for those that may be removed. They are removed also when it throws after that.
   * @param untilMs no further message is taken after this time
   * @throws also what `handle` throws
   */
  async remove(
    queue: string,
    wanted: ReadonlySet<bigint>,
    handle: (messages: readonly StoredMessage[], mayGo: (message: StoredMessage) => void) => Promise<void>,
    untilMs: number,
  ): Promise<ReadonlyMap<bigint, Removal>> {
    const removals = new Map<bigint, Removal>([...wanted].map((number) => [number, 'unreached']))
    const missing = new Set(wanted)
    const taking = await this.#bus.take(deadLettersOf(queue))
    const held = new Held()
    try {
      while (missing.size > 0 && !held.isFull && Date.now() < untilMs) {
        // Mostly the oldest are wanted: the SDK waits a second longer for messages that do not come.
        const messagesMax = held.isEmpty ? Math.min(missing.size, RECEIVED_MAX) : RECEIVED_MAX
        const received = await taking.receive(messagesMax, WAIT_MS)
        if (received.length === 0) break
        held.add(received)
        const mine = received.filter(({ sequenceNumber }) => missing.delete(sequenceNumber))
        const done = new Set<StoredMessage>()
        try {
          if (mine.length > 0) await handle(mine, (message) => done.add(message))
        } finally {
          for (const message of done) {
            held.release(message)
            removals.set(message.sequenceNumber, await removal(taking, message))
          }
        }
      }
    } finally {
      await Promise.allSettled(held.messages().map((message) => taking.abandon(message)))
      await taking.close()
    }
    return removals
  }
}

/** A lock that has ended, or a lost connection, leaves the message where it is. */
const removal = (taking: Taking, message: StoredMessage): Promise<Removal> =>
  taking.complete(message).then(
    () => 'removed',
    () => 'stays',
  )

/**
 * How many messages a queue or its dead-letter queue has: those that wait, and those that are locked, scheduled or
 * deferred. Service Bus has exact counts only for who may manage it, so these are looked at one by one, up to a limit.
 */
export async function countMessages(bus: Pick<ServiceBus, 'peek'>, place: QueuePlace): Promise<MessageCount> {
  let count = 0
  for (let last = 0n; count < deadLetterLimits.countedMax;) {
    const messagesMax = Math.min(PEEKED_MAX, deadLetterLimits.countedMax - count)
    const peeked = await bus.peek(place, { from: last + 1n, messagesMax, withoutBody: true })
    if (peeked.length === 0) return { count, isLowerBound: false }
    count += peeked.length
    last = peeked.at(-1)?.sequenceNumber ?? last
  }
  return { count, isLowerBound: true }
}

const deadLettersOf = (queue: string): QueuePlace => ({ queue, isDeadLetter: true })

/** Messages that were taken and must be given back. */
class Held {
  readonly #messages = new Set<StoredMessage>()
  #bytes = 0

  get isEmpty(): boolean {
    return this.#messages.size === 0
  }

  get isFull(): boolean {
    return this.#messages.size >= deadLetterLimits.heldMax || this.#bytes >= deadLetterLimits.heldBytesMax
  }

  add(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      this.#messages.add(message)
      this.#bytes += message.body.length
    }
  }

  release(message: StoredMessage): void {
    if (this.#messages.delete(message)) this.#bytes -= message.body.length
  }

  messages(): StoredMessage[] {
    return [...this.#messages]
  }
}
