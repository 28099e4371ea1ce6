import type { OperatorAction } from '../../shared/audit/index.ts'
import type { ParkedMessage, ParkedMessages, ParkedMessageSummary } from '../../shared/messages/index.ts'
import type { ServiceBus } from '../../shared/service-bus/index.ts'
import { told } from './outcomes.ts'
import type { Repaired, RepairedMessage, RepairOrder, RepairRange } from './outcomes.ts'
import { prepareParked } from './prepare.ts'
import type { KnownQueue } from './prepare.ts'
import { sendAgain } from './send-again.ts'

export interface ParkedRange extends RepairRange {
  readonly tenantId?: string | undefined
}

/** Who decides, for the rows of the messages and for the record of actions. */
export interface Decider {
  readonly by: string
  readonly action: OperatorAction
}

/**
 * What an operator does about parked messages.
 *
 * Invariants: a message is sent first and recorded as resubmitted after that, so that a crash between the two leaves it
 * open. It may then be sent twice, which does no harm: the second one finds the receipt of the first. A message that was
 * decided about is not sent again.
 */
export class ParkedRepair {
  readonly #parked: ParkedMessages
  readonly #bus: Pick<ServiceBus, 'send'>

  constructor(parked: ParkedMessages, bus: Pick<ServiceBus, 'send'>) {
    this.#parked = parked
    this.#bus = bus
  }

  /**
   * Sends one message again.
   * @param edited its new body; null for its own
   * @throws TrickleError VALIDATION_FAILED for an edited body that would be parked at once; MESSAGE_TOO_LARGE for one
   *   that the queue does not take; SERVICE_BUS_UNAVAILABLE, DATABASE_ family
   */
  async resubmit(
    order: RepairOrder,
    queue: KnownQueue,
    message: ParkedMessage,
    edited: Buffer | null,
    decider: Decider,
  ): Promise<Repaired> {
    const load = () => Promise.resolve(message)
    return { messages: await this.#send(order, queue, [load], edited, decider), next: null }
  }

  /**
   * Sends all of a range that wait for a decision, the oldest first. When it throws, what was sent is recorded: the same
   * call goes on with the rest.
   * @throws TrickleError SERVICE_BUS_UNAVAILABLE, DATABASE_ family
   */
  async resubmitAll(
    order: RepairOrder,
    queue: KnownQueue,
    range: ParkedRange,
    decider: Decider,
  ): Promise<Repaired> {
    const { messages, next } = await this.#waiting(queue.name, range)
    // One body at a time: a hundred of the largest would not fit into a small instance.
    const loads = messages.map(
      ({ parkedId }) =>
        () =>
          this.#parked.get(parkedId),
    )
    const repaired = await this.#send(order, queue, loads, null, decider)
    const isWhole = repaired.length === messages.length
    return { messages: repaired, next: isWhole ? next : (repaired.at(-1)?.id ?? range.after ?? '0') }
  }

  /** Gives one message up; its row is kept. @throws TrickleError of the DATABASE_ family */
  async discard(order: RepairOrder, message: ParkedMessageSummary, decider: Decider): Promise<Repaired> {
    return { messages: await this.#discard(order, [message], decider), next: null }
  }

  /** Gives all of a range up that wait for a decision. @throws as `discard` */
  async discardAll(
    order: RepairOrder,
    queue: string,
    range: ParkedRange,
    decider: Decider,
  ): Promise<Repaired> {
    const { messages, next } = await this.#waiting(queue, range)
    return { messages: await this.#discard(order, messages, decider), next }
  }

  async #send(
    { isDryRun, untilMs }: RepairOrder,
    queue: KnownQueue,
    loads: readonly (() => Promise<ParkedMessage>)[],
    edited: Buffer | null,
    decider: Decider,
  ): Promise<RepairedMessage[]> {
    const repaired: RepairedMessage[] = []
    const sent: { parkedId: string; attempts: number }[] = []
    const again = new Set<string>()
    try {
      for (const load of loads) {
        if (Date.now() >= untilMs) break
        const message = await load()
        const { parkedId, attempts } = message
        if (message.state !== 'parked') {
          repaired.push(toldOf(message, 'decided'))
          continue
        }
        const { outcome, problems } = await sendAgain(
          this.#bus,
          queue.name,
          await prepareParked(message, queue, edited),
          { isDryRun, isEdited: edited !== null },
        )
        if (outcome === 'sent') sent.push({ parkedId, attempts })
        repaired.push(toldOf(message, outcome, problems))
      }
    } finally {
      // Also when a later message failed: what was sent must not be sent again by the next call.
      const decided =
        sent.length === 0 ? [] : await this.#parked.markResubmitted(sent, decider.by, decider.action)
      for (const { parkedId, outcome } of decided) if (outcome === 'parked-again') again.add(parkedId)
    }
    return repaired.map((one) => (again.has(one.id) ? { ...one, outcome: 'parked-again' } : one))
  }

  async #discard(
    { isDryRun }: RepairOrder,
    messages: readonly ParkedMessageSummary[],
    { by, action }: Decider,
  ): Promise<RepairedMessage[]> {
    if (isDryRun) {
      return messages.map((message) =>
        toldOf(message, message.state === 'parked' ? 'would-be-discarded' : 'decided'),
      )
    }
    const decided = await this.#parked.discard(messages, by, action)
    const outcomes = new Map(decided.map(({ parkedId, outcome }) => [parkedId, outcome]))
    return messages.map((message) => {
      const outcome = outcomes.get(message.parkedId)
      if (outcome === 'parked-again') return toldOf(message, outcome)
      return toldOf(message, outcome === 'done' ? 'discarded' : 'decided')
    })
  }

  #waiting(queue: string, { after, limit, reason, tenantId }: ParkedRange) {
    return this.#parked.list({
      queue,
      state: 'parked',
      reason: reason ?? null,
      tenantId: tenantId ?? null,
      after: after ?? '0',
      limit,
    })
  }
}

const toldOf = (
  { parkedId, messageId, sessionId }: ParkedMessageSummary,
  outcome: RepairedMessage['outcome'],
  problems: readonly string[] = [],
): RepairedMessage => told({ id: parkedId, messageId, sessionId }, outcome, problems)
