import type { Turn, Work } from './connection-turns.ts'
import type { RetryOptions } from './retry.ts'

export interface QueryOptions {
  /**
   * The work only reads. After a lost answer it is tried again; if that fails too, the error is DATABASE_UNAVAILABLE.
   */
  readonly isRead?: boolean
  /** The work writes. After a lost answer it finds out itself, by a receipt or by ids, what that attempt has done. */
  readonly resolvesAmbiguity?: boolean
  readonly deadlineAtMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /**
   * The name that takes turns when all connections are taken: a tenant's id. All work without a name shares one turn.
   */
  readonly turn?: string
  /** Default: short. */
  readonly work?: Work
  /** Called before each attempt that has a connection, with the number of the attempt, from 1. */
  readonly onAttempt?: (attempt: number) => void
  /** Gets the last error first, and may return the error to throw. undefined leaves that choice to `databaseError`. */
  readonly onError?: (error: unknown) => Error | undefined
}

export interface TransactionOptions extends QueryOptions {
  readonly readOnly?: boolean
}

export const turnOf = ({ turn = '', work = 'short' }: QueryOptions): Turn => ({ name: turn, work })

export function pickTiming({
  deadlineAtMs,
  signal,
}: QueryOptions): Pick<RetryOptions, 'deadlineAtMs' | 'signal'> {
  return {
    ...(deadlineAtMs === undefined ? {} : { deadlineAtMs }),
    ...(signal === undefined ? {} : { signal }),
  }
}
