import type { Statement } from '../../postgres/index.ts'
import type { AppendOptions, ReservedName, StreamCondition, StreamWrite } from '../types.ts'

/** A statement that changes a domain's tables: one insert, update, delete or merge. */
export interface StateChange {
  readonly statement: Statement
  /**
   * The exact number of rows that the statement must affect. Without it any number is right. With it the statement must
   * have no RETURNING. A semicolon at the end is never allowed.
   */
  readonly rows?: number
  /** The error for another number of rows. Default: INTERNAL. */
  readonly otherwise?: () => Error
}

/** What a write decides, once it holds its locks. */
export interface DomainDecision {
  /** Executed in this order. The events are appended together with the last one. */
  readonly changes: readonly StateChange[]
  /** The events of the changes, by stream: at least one, and each stream announced. */
  readonly streams: readonly StreamWrite[]
  readonly conditions?: readonly StreamCondition[] | undefined
}

/** What a write locks before it reads, so that what it reads stays true until its end. */
export interface DomainLocks {
  /** The streams that it may write to. */
  readonly streams: readonly string[]
  /** Streams that it only sets conditions on. */
  readonly conditions?: readonly string[]
  /** Names that its events may reserve or release. */
  readonly names?: readonly ReservedName[]
  /**
   * Things that it decides about and that are no streams, such as `title:Groceries` or `room:12:2026-12-01`. Another
   * write of the tenant that names one of them waits. A lock alone is no proof: a constraint of the table should check
   * the same.
   */
  readonly resources?: readonly string[]
}

/** The rows of each statement, in their order. */
export type RowsOf<Reads extends readonly Statement[]> = {
  readonly [K in keyof Reads]: Reads[K] extends Statement<infer R> ? readonly R[] : never
}

export interface DomainWrite<Reads extends readonly Statement[] = readonly Statement[]>
  extends DomainLocks, AppendOptions {
  /** Statements that only read, of this tenant's rows; they are sent together with the locks. */
  readonly reads?: Reads
  /** The errors for constraints of the domain's tables that a change may break, by the constraint's name. */
  readonly refusals?: Readonly<Record<string, () => Error>>
  /**
   * Decides on the changes and events from the rows that were read. It is called again after a lost connection, so it
   * must have no other effect. If it throws, the write ends and nothing is written.
   */
  decide(rows: RowsOf<Reads>): DomainDecision | Promise<DomainDecision>
}
