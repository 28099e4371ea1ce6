import type { Columns } from './columns.ts'

/** A statement and the form of its rows. */
export interface Statement<R = unknown> {
  /** Name under which it is prepared where the pooler allows that. A literal in the code; one name has one text. */
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
