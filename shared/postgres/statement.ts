import type { Columns } from './columns.ts'

/** A statement and the form of its rows. */
export interface Statement<R = unknown> {
  /** A literal in the code. Errors tell it, and the name under which it is prepared begins with it (statement-names.ts). */
  readonly name: string
  /** Names each column of its answer, never `*`. */
  readonly text: string
  /** The columns that are read of its answer; `noColumns` where it is run for its effect. */
  readonly columns: Pick<Columns<R>, 'read'>
  readonly values: readonly unknown[]
}

/**
 * Runs a statement in the transaction that it was given for.
 * @throws the driver's error; INTERNAL for an answer of another form.
 */
export type RunStatement = <R>(statement: Statement<R>) => Promise<R[]>
