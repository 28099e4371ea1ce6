import { randomUUID } from 'node:crypto'
import { recordAction } from '../../shared/audit/index.ts'
import type { OperatorAction } from '../../shared/audit/index.ts'
import type { Database } from '../../shared/postgres/index.ts'
import type {
  DeadLetterQuery,
  DeadLetters,
  Removal,
  ServiceBus,
  StoredMessage,
} from '../../shared/service-bus/index.ts'
import { told } from './outcomes.ts'
import type { Repaired, RepairedMessage, RepairOrder, RepairRange } from './outcomes.ts'
import { prepareDeadLetter } from './prepare.ts'
import type { KnownQueue } from './prepare.ts'
import { sendAgain } from './send-again.ts'

/**
 * What an operator does about dead letters.
 *
 * Invariants: a dead letter is sent first, then recorded, and removed from the dead-letter queue at last, so that a
 * crash at any point loses nothing and leaves no removal without its record. It may then be sent twice, which does no
 * harm: the second one finds the receipt of the first.
 */
export class DeadLetterRepair {
  readonly #letters: DeadLetters
  readonly #bus: Pick<ServiceBus, 'send'>
  readonly #database: Pick<Database, 'transaction'>

  constructor(letters: DeadLetters, bus: Pick<ServiceBus, 'send'>, database: Pick<Database, 'transaction'>) {
    this.#letters = letters
    this.#bus = bus
    this.#database = database
  }

  /**
   * Sends one dead letter to its queue again.
   * @param edited its new body; null for its own
   * @throws TrickleError VALIDATION_FAILED for an edited body that would be parked at once; MESSAGE_TOO_LARGE for one
   *   that the queue does not take; SERVICE_BUS_UNAVAILABLE, DATABASE_ family
   */
  async resubmit(
    order: RepairOrder,
    queue: KnownQueue,
    letter: StoredMessage,
    edited: Buffer | null,
    action: OperatorAction,
  ): Promise<Repaired> {
    return { messages: await this.#resubmit(order, queue, [letter], edited, action), next: null }
  }

  /**
   * Sends all of a range, the oldest first. When it throws, what was sent is recorded and removed: the same call goes on
   * with the rest.
   * @throws TrickleError SERVICE_BUS_UNAVAILABLE, DATABASE_ family
   */
  async resubmitAll(
    order: RepairOrder,
    queue: KnownQueue,
    range: RepairRange,
    action: OperatorAction,
  ): Promise<Repaired> {
    const { messages, next } = await this.#letters.page(queue.name, queryOf(range))
    return { messages: await this.#resubmit(order, queue, messages, null, action), next: textOf(next) }
  }

  /** Removes one dead letter for good. @throws as `resubmitAll` */
  async discard(
    order: RepairOrder,
    queue: KnownQueue,
    letter: StoredMessage,
    action: OperatorAction,
  ): Promise<Repaired> {
    return { messages: await this.#discard(order, queue, [letter], action), next: null }
  }

  /** Removes all of a range for good. @throws as `resubmitAll` */
  async discardAll(
    order: RepairOrder,
    queue: KnownQueue,
    range: RepairRange,
    action: OperatorAction,
  ): Promise<Repaired> {
    const { messages, next } = await this.#letters.page(queue.name, queryOf(range))
    return { messages: await this.#discard(order, queue, messages, action), next: textOf(next) }
  }

  async #discard(
    order: RepairOrder,
    queue: KnownQueue,
    letters: readonly StoredMessage[],
    action: OperatorAction,
  ): Promise<RepairedMessage[]> {
    if (order.isDryRun) return letters.map((letter) => toldOf(letter, 'would-be-discarded'))
    const discard: Work = () => Promise.resolve({ outcome: 'discarded', problems: [] })
    return this.#work(order, queue, letters, discard, action)
  }

  async #resubmit(
    order: RepairOrder,
    queue: KnownQueue,
    letters: readonly StoredMessage[],
    edited: Buffer | null,
    action: OperatorAction,
  ): Promise<RepairedMessage[]> {
    const send = async (letter: StoredMessage, isDryRun: boolean): Promise<WorkResult> => {
      const prepared = await prepareDeadLetter(letter, queue, edited)
      return sendAgain(this.#bus, queue.name, prepared, { isDryRun, isEdited: edited !== null })
    }
    // Judged before any is taken: one that is refused keeps even its count of deliveries.
    const judged: RepairedMessage[] = []
    for (const letter of letters) {
      const { outcome, problems } = await send(letter, true)
      judged.push(toldOf(letter, outcome, problems))
    }
    if (order.isDryRun) return judged
    const good = letters.filter((_, index) => judged[index]?.outcome === 'would-be-sent')
    const worked = await this.#work(order, queue, good, (letter) => send(letter, false), action)
    const byId = new Map(worked.map((message) => [message.id, message]))
    return judged.map((message) => byId.get(message.id) ?? message)
  }

  async #work(
    { untilMs }: RepairOrder,
    { name }: KnownQueue,
    letters: readonly StoredMessage[],
    work: Work,
    action: OperatorAction,
  ): Promise<RepairedMessage[]> {
    if (letters.length === 0) return []
    const results = new Map<bigint, WorkResult>()
    const wanted = new Set(letters.map(({ sequenceNumber }) => sequenceNumber))
    const handle = async (taken: readonly StoredMessage[], mayGo: (letter: StoredMessage) => void) => {
      const done: StoredMessage[] = []
      try {
        for (const letter of taken) {
          const result = await work(letter)
          results.set(letter.sequenceNumber, result)
          if (result.outcome !== 'refused') done.push(letter)
        }
      } finally {
        // Also when a later one failed: what was sent is recorded, and must not be sent again by the next call.
        if (done.length > 0) await this.#record(name, done, action)
        for (const letter of done) mayGo(letter)
      }
    }
    const removals = await this.#letters.remove(name, wanted, handle, untilMs)
    return letters.map((letter) => {
      const { sequenceNumber } = letter
      return outcomeOf(letter, results.get(sequenceNumber), removals.get(sequenceNumber))
    })
  }

  /** One row for each group that was taken together. */
  async #record(queue: string, letters: readonly StoredMessage[], action: OperatorAction): Promise<void> {
    const ids = letters.map(({ sequenceNumber }) => sequenceNumber)
    const detail = `dead letter${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`
    await this.#database.transaction((run) =>
      recordAction(run, { ...action, requestId: randomUUID() }, { target: queue, detail }),
    )
  }
}

interface WorkResult {
  readonly outcome: RepairedMessage['outcome']
  readonly problems: readonly string[]
}

type Work = (letter: StoredMessage) => Promise<WorkResult>

function outcomeOf(
  letter: StoredMessage,
  result: WorkResult | undefined,
  removal: Removal | undefined,
): RepairedMessage {
  if (result === undefined) return toldOf(letter, 'unreached', [UNREACHED])
  if (removal !== 'stays') return toldOf(letter, result.outcome, result.problems)
  return toldOf(letter, result.outcome === 'sent' ? 'stays' : 'unreached', [STAYS])
}

const queryOf = ({ after, limit, reason }: RepairRange): DeadLetterQuery => ({
  limit,
  ...(after === undefined ? {} : { after: BigInt(after) }),
  ...(reason === undefined ? {} : { reason }),
})

const textOf = (next: bigint | null): string | null => (next === null ? null : String(next))

const UNREACHED =
  'It was not reached: others lie before it, or somebody else holds its lock. Try again, or decide about the older ones first.'
const STAYS =
  'Its lock had ended, so it is in the dead-letter queue still. Decide about it again: sending it twice does no harm.'

const toldOf = (
  { sequenceNumber, messageId, sessionId }: StoredMessage,
  outcome: RepairedMessage['outcome'],
  problems: readonly string[] = [],
): RepairedMessage =>
  told(
    { id: String(sequenceNumber), messageId: messageId ?? null, sessionId: sessionId ?? null },
    outcome,
    problems,
  )
