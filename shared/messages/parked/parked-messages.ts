import { recordAction } from '../../audit/index.ts'
import type { OperatorAction } from '../../audit/index.ts'
import { TrickleError } from '../../errors/index.ts'
import { INT8_MAX } from '../../postgres/index.ts'
import type { Database } from '../../postgres/index.ts'
import {
  decideMessages,
  selectOpenMessages,
  selectParkedMessage,
  selectParkedMessages,
} from './statements.ts'
import type { DecidedRow, MessageRow, ParkedFilter, SummaryRow } from './statements.ts'
import { storable } from './storable-text.ts'

/** A parked message without its body. `bodyBytes` is the length of the body as it came. */
export type ParkedMessageSummary = SummaryRow

export interface ParkedMessage extends MessageRow {
  /** The body was longer than what is kept, so the message can't be sent again as it was. */
  readonly isCut: boolean
}

export interface ParkedMessageQuery extends Partial<ParkedFilter> {
  /** `next` of the page before. */
  readonly after?: string
  readonly limit: number
}

/** A message as a list showed it. With other `attempts` it was parked once more since then. */
export type SeenMessage = Pick<SummaryRow, 'parkedId' | 'attempts'>

export type DecisionOutcome = Pick<DecidedRow, 'parkedId' | 'outcome'>

export interface OpenMessages {
  /** Messages that wait for an operator. */
  readonly messages: number
  /** There are more than were counted. */
  readonly isLowerBound: boolean
  /** When the one that waits longest was parked; null where none waits. */
  readonly oldestAt: string | null
  readonly queues: readonly { readonly queue: string; readonly messages: number; readonly oldestAt: string }[]
}

/** The same limit as for every other list, and for the messages of one decision. */
const PAGE_MAX = 1_000
/** Some 5 ms of the server. */
const COUNTED_MAX = 10_000
/** What the table takes. */
const BY_CHARACTERS_MAX = 1_000

/**
 * What an operator can see and do about parked messages, with the operator's login. A change with an `OperatorAction`
 * writes the audit rows in the same transaction.
 * @throws TrickleError of the DATABASE_ family.
 */
export class ParkedMessages {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * A page, in the order in which they were first parked. A filter that is absent or null lets all pass.
   * @throws also INVALID_CURSOR.
   */
  async list(query: ParkedMessageQuery): Promise<{ messages: ParkedMessageSummary[]; next: string | null }> {
    const { queue = null, reason = null, state = null, tenantId = null } = query
    const after = idOf(query.after ?? '0')
    if (after === null)
      throw new TrickleError('INVALID_CURSOR', 'The page does not begin at a parked message.')
    const limit = Math.min(Math.max(1, query.limit), PAGE_MAX)
    const statement = selectParkedMessages({ queue, reason, state, tenantId }, after, limit + 1)
    const rows = await this.#database.query(statement, { isRead: true })
    const messages = rows.slice(0, limit)
    return { messages, next: rows.length > limit ? (messages.at(-1)?.parkedId ?? null) : null }
  }

  /** With its body. @throws also PARKED_MESSAGE_NOT_FOUND. */
  async get(parkedId: string): Promise<ParkedMessage> {
    const id = idOf(parkedId)
    const [row] = id === null ? [] : await this.#database.query(selectParkedMessage(id), { isRead: true })
    if (row === undefined) throw notFound(parkedId)
    return { ...row, isCut: row.body.length < row.bodyBytes }
  }

  /** How many wait, and since when. Counts the 10,000 oldest. The worker's login may ask this too. */
  async open(): Promise<OpenMessages> {
    const queues = await this.#database.query(selectOpenMessages(COUNTED_MAX + 1), { isRead: true })
    const counted = queues.reduce((sum, { messages }) => sum + messages, 0)
    const [oldestAt = null] = queues.map((queue) => queue.oldestAt).toSorted()
    return {
      messages: Math.min(counted, COUNTED_MAX),
      isLowerBound: counted > COUNTED_MAX,
      oldestAt,
      queues,
    }
  }

  /**
   * Records that messages were sent to their queue again. To be called after they were sent: sent twice, they do nothing
   * twice; recorded and not sent, they would be lost. A message that was parked again meanwhile stays open.
   * @param by who decided; up to 1,000 characters.
   * @returns an outcome for each, by id. `done`; `not-found`; `decided`: it was resubmitted or discarded before;
   *   `parked-again`: other attempts than seen.
   */
  async markResubmitted(
    seen: readonly SeenMessage[],
    by: string,
    action?: OperatorAction,
  ): Promise<DecisionOutcome[]> {
    return this.#decide('resubmitted', seen, by, action)
  }

  /** Gives messages up; their rows are kept. Parameters and result as for `markResubmitted`. */
  async discard(
    seen: readonly SeenMessage[],
    by: string,
    action?: OperatorAction,
  ): Promise<DecisionOutcome[]> {
    return this.#decide('discarded', seen, by, action)
  }

  async #decide(
    decision: 'resubmitted' | 'discarded',
    seen: readonly SeenMessage[],
    by: string,
    action: OperatorAction | undefined,
  ): Promise<DecisionOutcome[]> {
    if (seen.length > PAGE_MAX) {
      throw new TrickleError('VALIDATION_FAILED', `A decision is about at most ${PAGE_MAX} messages.`)
    }
    const known = seen.filter(({ parkedId }) => idOf(parkedId) !== null)
    const unknown = seen.filter(({ parkedId }) => idOf(parkedId) === null)
    const rows = await this.#database.transaction(async (run) => {
      const decided = await run(decideMessages(decision, known, storable(by, BY_CHARACTERS_MAX)))
      const done = decided.filter(({ outcome }) => outcome === 'done')
      // One row for each tenant: the rows of an action differ by their tenant.
      const tenantIds = [...new Set(done.flatMap(({ tenantId }) => tenantId ?? []))]
      const [first, ...others] = done
      if (first !== undefined) {
        const detail = others.length === 0 ? decision : `${decision} ${done.length} messages`
        await recordAction(run, action, { tenantIds, target: first.parkedId, detail })
      }
      return decided
    })
    return [
      ...rows.map(({ parkedId, outcome }) => ({ parkedId, outcome })),
      ...unknown.map(({ parkedId }) => ({ parkedId, outcome: 'not-found' as const })),
    ]
  }
}

const notFound = (parkedId: string): TrickleError =>
  new TrickleError('PARKED_MESSAGE_NOT_FOUND', `There is no parked message ${JSON.stringify(parkedId)}.`)

/** Null for a text that can't be an id. */
const idOf = (text: string): string | null =>
  /^\d{1,19}$/.test(text) && BigInt(text) <= INT8_MAX ? text : null
