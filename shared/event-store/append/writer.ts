import { TrickleError } from '../../errors/index.ts'
import { codeOf, constraintOf, UNIQUE_VIOLATION } from '../../postgres/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { AppendAnswer } from './answer.ts'
import type { PreparedAppend } from './request.ts'
import { append } from './statements.ts'
import { refusedByDatabase } from '../refused-by-database.ts'

/** The caller's deadline, and the signal that is aborted when the caller has disconnected. */
export interface AppendTiming {
  readonly signal: AbortSignal | undefined
  readonly deadlineAtMs: number | undefined
}

/** How an attempt ended: with an answer, or because another append with the same key or ids was written meanwhile. */
export type WriteOutcome = AppendAnswer | 'receipt-exists' | 'event-exists'

/** Writes one append to the database, alone or together with others. */
export interface AppendWriter {
  /**
   * @param onAttempt called before each attempt that may write; from the second on the events may be stored already.
   * @throws TrickleError OUTCOME_UNKNOWN, VALIDATION_FAILED for what the database can't keep, DATABASE_ family.
   */
  write(prepared: PreparedAppend, timing: AppendTiming, onAttempt: () => void): Promise<WriteOutcome>
}

/** Writes each append in its own transaction. */
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
