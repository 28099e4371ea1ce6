import { TrickleError } from '../../errors/index.ts'
import { noColumns } from '../../postgres/index.ts'
import type { Statement } from '../../postgres/index.ts'
import type { PreparedAppend } from '../append/request.ts'
import { append, APPEND_ARGUMENTS } from '../append/statements.ts'
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

/**
 * The append and a change, in one statement: both are parsed and planned before either writes, and so before the
 * transaction holds the feed. The append goes first, since it looks at tenant, receipt and heads before it writes; the
 * change is made when its rows are counted, after it. A change that fails takes the append with it.
 */
export function appendAndChange(
  prepared: PreparedAppend,
  change: StateChange | undefined,
  nth: number,
): Statement<Appended> {
  const appended = append(prepared)
  const { text, values } = change === undefined ? { text: undefined, values: [] } : checkedChange(change)
  const demanded = change?.rows === undefined ? [] : [change.rows, nth]
  const appendAt = values.length + demanded.length + 1
  // A change that may meet any number of rows is counted all the same: without that it would be made before the append.
  const changed =
    text === undefined
      ? ''
      : `with changed as (${/\breturning\b/i.test(text) ? text : `${text} returning 1`})`
  const isMade =
    text === undefined ? 'true' : change?.rows === undefined ? `${COUNT} >= 0` : meetsRows(values.length + 1)
  return {
    ...appended,
    name: change === undefined ? 'append_or_fail' : `append_${change.statement.name}`,
    // "offset 0" keeps the planner from calling the append again in the condition.
    text: `${changed} select appended.answer
      from (select ${appendCall(appendAt)} as answer offset 0) as appended
      where case when (appended.answer).outcome = 'appended' then ${isMade}
        else trickle_events_log.refuse_outcome(appended.answer::text) end`,
    values: [...values, ...demanded, ...appended.values],
  }
}

const appendCall = (first: number): string =>
  `trickle_events_log.append(${Array.from({ length: APPEND_ARGUMENTS }, (_, nth) => `$${first + nth}`).join(', ')})`

/** How many rows the change `changed` met. */
const COUNT = '(select count(*) from changed)'

/** True, or the error TK006. Written as a comparison, so that only a refusal costs the call of a function. */
const meetsRows = (first: number): string =>
  `case when ${COUNT} = $${first}::int then true
    else trickle_events_log.refuse_rows(${COUNT}, $${first}::int, $${first + 1}::int) end`

/** One change of a table, which ends the transaction (TK006) where it does not meet the rows that it must. */
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

/** @throws TrickleError INTERNAL, since only the code that made the change can mend it. */
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
