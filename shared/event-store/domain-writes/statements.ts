import { TrickleError } from '../../errors/index.ts'
import { noColumns } from '../../postgres/index.ts'
import type { Statement } from '../../postgres/index.ts'
import type { PreparedAppend } from '../append/request.ts'
import { append, appendCall } from '../append/statements.ts'
import type { Appended } from '../append/statements.ts'
import type { DomainWrite, StateChange } from './types.ts'

/**
 * Takes every lock of a write, before the transaction has an id. An idempotency key is locked as a resource, with a
 * name that no caller can use. So a second write with the same key waits here, even with other streams, and then finds
 * the receipt. Without this lock its changes could fail because of the changes of the first write.
 */
export const lockForWrite = (
  tenantId: string,
  { resources = [], streams, conditions = [], names = [], idempotency }: DomainWrite,
): Statement => ({
  name: 'lock_for_write',
  text: 'select trickle_events_log.lock_for_write($1, $2, $3, $4, $5)',
  columns: noColumns,
  values: [
    tenantId,
    idempotency ? [`\x01${idempotency.key}`, ...resources] : resources,
    [...streams, ...conditions],
    streams.length,
    names.length === 0 ? null : JSON.stringify(names),
  ],
})

/**
 * The append and a change, in one statement: both are parsed and planned before either writes, and so before the
 * transaction holds the feed. The append is executed first, since it checks tenant, receipt and heads before it writes.
 * The change is executed after it, when its rows are counted. If the change fails, the append is undone too.
 */
export function appendAndChange(
  prepared: PreparedAppend,
  change: StateChange | undefined,
  nth: number,
): Statement<Appended> {
  const appended = append(prepared)
  const made = change === undefined ? noChange : changeOf(change, nth)
  return {
    ...appended,
    name: change === undefined ? 'append_of_write' : `append_${change.statement.name}`,
    // "offset 0" keeps the planner from calling the append again for the condition. A function is called only to refuse:
    // each call would hold the feed for some microseconds more.
    text: `${made.text} select appended.answer
      from (select ${appendCall(made.values.length + 1)} as answer offset 0) as appended
      where case when (appended.answer).outcome = 'appended' then ${made.isRight}
        else trickle_events_log.refuse_outcome(appended.answer::text) end`,
    values: [...made.values, ...appended.values],
  }
}

/** A change as a part of the append's statement. */
interface ChangePart {
  readonly text: string
  readonly values: readonly unknown[]
  /** The condition under which the transaction may be committed. */
  readonly isRight: string
}

const noChange: ChangePart = { text: '', values: [], isRight: 'true' }

function changeOf(change: StateChange, nth: number): ChangePart {
  const { text, values } = checkedChange(change)
  const changed = `with changed as (${/\breturning\b/i.test(text) ? text : `${text} returning 1`})`
  // Without `rows` any number of rows is right. They are counted all the same: otherwise PostgreSQL would execute the
  // change only after the answer was sent.
  return change.rows === undefined
    ? { text: changed, values, isRight: `${COUNT} >= 0` }
    : { text: changed, values: [...values, change.rows, nth], isRight: meetsRows(values.length + 1) }
}

/** The number of rows that the change affected. */
const COUNT = '(select count(*) from changed)'

/** True, or the error TK006 for another number of rows than the parameter `first` says. */
const meetsRows = (first: number): string =>
  `case when ${COUNT} = $${first}::int then true
    else trickle_events_log.refuse_rows(${COUNT}, $${first}::int, $${first + 1}::int) end`

/** One change of a table. It fails with TK006 when it affects another number of rows than it must. */
export function changeStatement(change: StateChange, nth: number): Statement {
  const statement = checkedChange(change)
  const { rows } = change
  if (rows === undefined) return statement
  const { length } = statement.values
  return {
    name: `${statement.name}_rows`,
    text: `with changed as (${statement.text} returning 1)
      select ${meetsRows(length + 1)}`,
    columns: noColumns,
    values: [...statement.values, rows, nth],
  }
}

/** @throws TrickleError INTERNAL, since the mistake is in the code that made the change. */
function checkedChange({ statement, rows }: StateChange): Statement {
  if (!/^\s*(insert|update|delete|merge)\b/i.test(statement.text) || /;\s*$/.test(statement.text)) {
    throw notAllowed(statement, 'starts with insert, update, delete or merge and ends without a semicolon')
  }
  if (rows !== undefined && /\breturning\b/i.test(statement.text)) {
    throw notAllowed(statement, 'has no RETURNING, where `rows` is given')
  }
  return statement
}

const notAllowed = ({ name }: Statement, rule: string): TrickleError =>
  new TrickleError('INTERNAL', `The change "${name}" of a write is not one that ${rule}.`)
