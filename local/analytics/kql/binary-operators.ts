import { semanticFailure, unsupported } from '../failure.ts'
import type { ColumnType } from '../values/index.ts'
import { convert, isNumber, sameType } from './conversions.ts'
import { compose } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

/** Whether values of this type have an order. A guid has none in Kusto. */
export function isOrderable(type: ColumnType): boolean {
  return type !== 'dynamic' && type !== 'guid'
}

/**
 * `==`, `!=`, `<` and so on. A null is equal to no value; of two nulls it is not known whether they are equal, so the
 * answer is null. @throws KustoFailure when the two cannot be compared
 */
export function comparison(operator: string, left: TypedSql, right: TypedSql): TypedSql {
  const [a, b] = sameType(left, right)
  const isValue = b.sql === '?' && b.parameters[0] !== null
  if (operator === '==' || operator === '!=') {
    const is = operator === '==' ? 'IS' : 'IS NOT'
    // A string is never null. With one side that is no null, IS can use an index and needs no third answer.
    if (a.type === 'string' || isValue) return compose('bool', `({0} ${is} {1})`, a, b)
    return compose('bool', `iif({0} IS NULL AND {1} IS NULL, NULL, {0} ${is} {1})`, a, b)
  }
  if (a.type === 'dynamic')
    throw semanticFailure(`Cannot order dynamic values. Try adding explicit casts.`, 'SEM0064')
  return compose('bool', `({0} ${operator} {1})`, a, b)
}

/** `+ - * / %` on numbers and times. @throws KustoFailure when they are not defined on the types */
export function arithmetic(operator: string, left: TypedSql, right: TypedSql): TypedSql {
  if (left.type === 'dynamic' && isNumber(right.type))
    return arithmetic(operator, convert(left, right.type), right)
  if (right.type === 'dynamic' && isNumber(left.type))
    return arithmetic(operator, left, convert(right, left.type))
  if (isNumber(left.type) && isNumber(right.type)) return onNumbers(operator, left, right)
  if (left.type === 'decimal' || right.type === 'decimal')
    throw unsupported(`'${operator}' on decimal`, ['toreal(column)', 'tolong(column)'])
  const rule = timeRules[`${left.type} ${operator} ${right.type}`]
  if (rule !== undefined) return compose(rule.type, rule.template, left, right)
  throw semanticFailure(
    `The operator '${operator}' is not defined on ${left.type} and ${right.type}.`,
    'SEM0064',
  )
}

function onNumbers(operator: string, left: TypedSql, right: TypedSql): TypedSql {
  const type = left.type === 'real' || right.type === 'real' ? 'real' : 'long'
  if (operator !== '%') return compose(type, `({0} ${operator} {1})`, left, right)
  // Kusto's remainder is never negative; SQLite's has the sign of the left side, and its % cuts reals to integers.
  return type === 'real'
    ? compose(type, 'mod(mod({0}, {1}) + abs({1}), abs({1}))', left, right)
    : compose(type, '((({0} % {1}) + abs({1})) % abs({1}))', left, right)
}

const scaled = (template: string) => ({ type: 'timespan' as const, template: `CAST(${template} AS INTEGER)` })

const timeRules: Readonly<Record<string, { readonly type: ColumnType; readonly template: string }>> = {
  'datetime - datetime': { type: 'timespan', template: '({0} - {1})' },
  'datetime - timespan': { type: 'datetime', template: '({0} - {1})' },
  'datetime + timespan': { type: 'datetime', template: '({0} + {1})' },
  'timespan + datetime': { type: 'datetime', template: '({0} + {1})' },
  'timespan - timespan': { type: 'timespan', template: '({0} - {1})' },
  'timespan + timespan': { type: 'timespan', template: '({0} + {1})' },
  'timespan / timespan': { type: 'real', template: '(CAST({0} AS REAL) / {1})' },
  'timespan * int': scaled('{0} * {1}'),
  'timespan * long': scaled('{0} * {1}'),
  'timespan * real': scaled('{0} * {1}'),
  'int * timespan': scaled('{0} * {1}'),
  'long * timespan': scaled('{0} * {1}'),
  'real * timespan': scaled('{0} * {1}'),
  'timespan / int': scaled('{0} / {1}'),
  'timespan / long': scaled('{0} / {1}'),
  'timespan / real': scaled('{0} / {1}'),
}
