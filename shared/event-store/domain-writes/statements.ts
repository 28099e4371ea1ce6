import { TrickleError } from '../../errors/index.ts'
import { noColumns } from '../../postgres/index.ts'
import type { Statement } from '../../postgres/index.ts'
import type { PreparedAppend } from '../append/request.ts'
import { append } from '../append/statements.ts'
import type { Appended } from '../append/statements.ts'
import type { DomainWrite, StateChange } from './types.ts'

/**
 * Takes every lock of a write, before the transaction has an id. An idempotency key is a resource, under a name that no
 * caller can have: a twin with streams of its own waits here and then finds the receipt, where its changes would meet
 * what the first one did, and fail on it.
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

/** As `append`, in a transaction with other writes: every outcome but "appended" is an error, TK005. */
export const appendOrFail = (prepared: PreparedAppend): Statement<Appended> => ({
  ...append(prepared),
  name: 'append_or_fail',
  text: 'select trickle_events_log.append_or_fail($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as answer',
})

/** One change of a table, which ends the transaction (TK006) where it does not meet the rows that it must. */
export function changeStatement({ statement, rows }: StateChange, nth: number): Statement {
  if (!/^\s*(insert|update|delete|merge)\b/i.test(statement.text)) {
    throw notAllowed(statement, 'starts with insert, update, delete or merge')
  }
  if (rows === undefined) return statement
  if (/\breturning\b|;\s*$/i.test(statement.text)) {
    throw notAllowed(statement, 'has no RETURNING and no semicolon at its end, where `rows` is given')
  }
  const { length } = statement.values
  return {
    name: `${statement.name}_rows`,
    text: `with changed as (${statement.text} returning 1)
      select trickle_events_log.require_rows((select count(*) from changed), $${length + 1}::int, $${length + 2}::int)`,
    columns: noColumns,
    values: [...statement.values, rows, nth],
  }
}

const notAllowed = ({ name }: Statement, rule: string): TrickleError =>
  new TrickleError('INTERNAL', `The change "${name}" of a write is not one that ${rule}.`)
