import { TrickleError } from '../../errors/index.ts'
import { noColumns } from '../../postgres/index.ts'
import type { Statement } from '../../postgres/index.ts'
import type { PreparedAppend } from '../append/request.ts'
import { append } from '../append/statements.ts'
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
  const appended = appendOrFail(prepared)
  if (change === undefined) return appended
  const { statement, rows } = change
  const { text, values } = checkedChange(change)
  const first = values.length + 1
  const counted = '(select count(*) from changed)'
  // Without `rows` any number of rows is right. They are counted all the same: otherwise PostgreSQL would execute the
  // change only after the answer was sent.
  const isRight =
    rows === undefined
      ? `${counted} >= 0`
      : `trickle_events_log.require_rows(${counted}, $${first}::int, $${first + 1}::int)`
  const demanded = rows === undefined ? [] : [rows, nth]
  return {
    ...appended,
    name: `append_${statement.name}`,
    // "offset 0" keeps the planner from calling the append after the condition.
    text: `with changed as (${/\breturning\b/i.test(text) ? text : `${text} returning 1`})
      select appended.answer from (select ${callFrom(first + demanded.length)} as answer offset 0) as appended
        where ${isRight}`,
    values: [...values, ...demanded, ...appended.values],
  }
}

/** As `append`, in a transaction with other writes: every outcome but "appended" is an error, TK005. */
const appendOrFail = (prepared: PreparedAppend): Statement<Appended> => ({
  ...append(prepared),
  name: 'append_or_fail',
  text: `select ${callFrom(1)} as answer`,
})

/** The number of arguments of `append`. */
const APPEND_ARGUMENTS = 11

const callFrom = (first: number): string =>
  `trickle_events_log.append_or_fail(${Array.from({ length: APPEND_ARGUMENTS }, (_, nth) => `$${first + nth}`).join(', ')})`

/** One change of a table. It fails with TK006 when it affects another number of rows than it must. */
export function changeStatement(change: StateChange, nth: number): Statement {
  const statement = checkedChange(change)
  const { rows } = change
  if (rows === undefined) return statement
  const { length } = statement.values
  return {
    name: `${statement.name}_rows`,
    text: `with changed as (${statement.text} returning 1)
      select trickle_events_log.require_rows((select count(*) from changed), $${length + 1}::int, $${length + 2}::int)`,
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
