import { TrickleError } from '../../errors/index.ts'
import { codeOf, constraintOf, UNIQUE_VIOLATION } from '../../postgres/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { AppendAnswer } from './answer.ts'
import type { PreparedAppend } from './request.ts'
import { append } from './statements.ts'
import { refusedByDatabase } from '../refused-by-database.ts'

/** Until when, and whether still, the caller waits. */
export interface AppendTiming {
  readonly signal: AbortSignal | undefined
  readonly deadlineAtMs: number | undefined
}

/** What an attempt ended in: an answer, or another append with the same key or ids that came in between. */
export type WriteOutcome = AppendAnswer | 'receipt-exists' | 'event-exists'

/** Brings one append to the database, alone or with others. */
export interface AppendWriter {
  /**
   * @param onAttempt told before each attempt that may write; from the second on the events may be there already.
   * @throws TrickleError OUTCOME_UNKNOWN, VALIDATION_FAILED for what the database can't keep, DATABASE_ family.
   */
  write(prepared: PreparedAppend, timing: AppendTiming, onAttempt: () => void): Promise<WriteOutcome>
}

/** Each append in a transaction of its own. */
export class DirectWriter implements AppendWriter {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async write(prepared: PreparedAppend, timing: AppendTiming, onAttempt: () => void): Promise<WriteOutcome> {
    try {
      const [row] = await this.#database.query(append(prepared), {
        ...timing,
        turn: prepared.tenantId,
        resolvesAmbiguity: true,
        onAttempt,
        onError: (error) =>
          codeOf(error) === UNIQUE_VIOLATION && error instanceof Error ? error : refusedByDatabase(error),
      })
      if (row === undefined) throw new TrickleError('INTERNAL', 'The append returned nothing.')
      return row.answer
    } catch (error) {
      if (codeOf(error) !== UNIQUE_VIOLATION) throw error
      return constraintOf(error).startsWith('receipts') ? 'receipt-exists' : 'event-exists'
    }
  }
}
