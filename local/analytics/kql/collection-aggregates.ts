import { semanticFailure } from '../failure.ts'
import { COLLECTION_ELEMENTS_MAX } from '../limits.ts'
import { compileCondition, compileExpression } from './expression-compiler.ts'
import { requireType } from './scalar-function.ts'
import type { Scope } from './scope.ts'
import type { Expression } from './syntax.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

type CompileAggregate = (parameters: readonly Expression[], inner: Scope) => TypedSql

/** Aggregations that collect the values of a group in an array. Nulls are left out. */
export const collectionAggregates: Readonly<Record<string, CompileAggregate>> = {
  make_list: (parameters, inner) => collect('make_list', parameters, inner),
  make_list_if: (parameters, inner) => collectIf('make_list', parameters, inner),
  make_set: (parameters, inner) => collect('make_set', parameters, inner),
  make_set_if: (parameters, inner) => collectIf('make_set', parameters, inner),
}

function collect(
  name: 'make_list' | 'make_set',
  parameters: readonly Expression[],
  inner: Scope,
  condition?: TypedSql,
): TypedSql {
  const [parameter, size] = parameters
  if (parameter === undefined || parameters.length > 2)
    throw semanticFailure(
      `${name}() takes a value and, if wanted, the largest number of elements.`,
      'SEM0219',
    )
  const value = compileExpression(parameter, inner)
  const most =
    size === undefined
      ? literalSql('long', BigInt(COLLECTION_ELEMENTS_MAX))
      : requireType(name, compileExpression(size, inner), ['int', 'long'])
  // The array has the order of the rows, where an order by went before.
  const order = inner.place === undefined ? '' : ` ORDER BY ${inner.place}`
  const filter = condition === undefined ? '' : ' FILTER (WHERE {3})'
  const call = `kql_${name}({0}, {1}, min({2}, ${COLLECTION_ELEMENTS_MAX})${order})${filter}`
  const pieces = [literalSql('string', value.type), value, most]
  return compose(
    'dynamic',
    `coalesce(${call}, '[]')`,
    ...pieces,
    ...(condition === undefined ? [] : [condition]),
  )
}

function collectIf(
  name: 'make_list' | 'make_set',
  parameters: readonly Expression[],
  inner: Scope,
): TypedSql {
  const [value, condition, ...others] = parameters
  if (value === undefined || condition === undefined)
    throw semanticFailure(`${name}_if() takes a value and a condition.`, 'SEM0219')
  return collect(name, [value, ...others], inner, compileCondition(condition, inner))
}
