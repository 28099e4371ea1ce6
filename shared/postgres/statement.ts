import type { Columns } from './columns.ts'

/** A statement and the form of its rows. */
export interface Statement<R = unknown> {
  /** Name under which it is prepared when the server allows that; a plain literal of the code, unique for its text. */
  readonly name: string
  /** Names each column that it gives, and never `*`. */
  readonly text: string
  /** What is read of its answer; `noColumns` where it is run for its effect. */
  readonly columns: Pick<Columns<R>, 'read'>
  readonly values: readonly unknown[]
}

/** Runs a statement in the transaction that it was given for. @throws the driver's error; INTERNAL for an answer of another form. */
export type RunStatement = <R>(statement: Statement<R>) => Promise<R[]>
