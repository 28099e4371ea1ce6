import { semanticFailure, unsupported } from '../failure.ts'
import { isOrderable } from './binary-operators.ts'
import { collectionAggregates } from './collection-aggregates.ts'
import { isNumber } from './conversions.ts'
import { compileCondition, compileExpression } from './expression-compiler.ts'
import { requireType } from './scalar-function.ts'
import type { Scope } from './scope.ts'
import { nearNames, sentenceOf } from './suggestions.ts'
import type { Expression } from './syntax.ts'
import { compose } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

/** Of one group of rows: the value of an aggregation. `inner` is compiled against the columns of the rows. */
type CompileAggregate = (parameters: readonly Expression[], inner: Scope) => TypedSql

const aggregates: Readonly<Record<string, CompileAggregate>> = {
  count: (parameters) => {
    requireCount('count', parameters, 0, 0)
    return { sql: 'count(*)', parameters: [], type: 'long' }
  },
  countif: (parameters, inner) => {
    requireCount('countif', parameters, 1, 1)
    return compose('long', 'count(*) FILTER (WHERE {0})', condition(parameters[0], inner))
  },
  dcount: (parameters, inner) => dcount('dcount', parameters, inner),
  // Exact, as dcount() is here.
  count_distinct: (parameters, inner) => dcount('count_distinct', parameters, inner),
  dcountif: (parameters, inner) => {
    requireCount('dcountif', parameters, 2, 3)
    const value = compileParameter(parameters[0], inner)
    return compose('long', 'count(DISTINCT {0}) FILTER (WHERE {1})', value, condition(parameters[1], inner))
  },
  ...withCondition('min', (value) => extreme('min', value)),
  ...withCondition('max', (value) => extreme('max', value)),
  ...withCondition('sum', sum),
  ...withCondition('avg', average),
  ...collectionAggregates,
}

/** All names that `summarize` knows. */
const aggregateNames: readonly string[] = [
  ...Object.keys(aggregates),
  'percentile',
  'percentiles',
  'arg_max',
  'arg_min',
  'take_any',
  'any',
]

/** The aggregation of a call; undefined when the call is none. @throws KustoFailure for parameters that do not fit */
export function compileAggregate(
  call: Extract<Expression, { kind: 'call' }>,
  inner: Scope,
): TypedSql | undefined {
  const compile = Object.hasOwn(aggregates, call.name) ? aggregates[call.name] : undefined
  return compile?.(call.parameters, inner)
}

/** The refusal of a call that is neither an aggregation nor a function around one. */
export function unknownAggregate(name: string): Error {
  const near = sentenceOf(nearNames(name, aggregateNames))
  return unsupported(
    `the aggregation '${name}()'`,
    aggregateNames.map((known) => `${known}()`),
    near,
  )
}

/** An aggregation, and the same over the rows for which a condition holds: `sum(X)`, `sumif(X, condition)`. */
function withCondition(
  name: string,
  aggregate: (value: TypedSql) => {
    readonly of: TypedSql
    readonly around: string
    readonly type: TypedSql['type']
  },
): Record<string, CompileAggregate> {
  return {
    [name]: (parameters, inner) => {
      requireCount(name, parameters, 1, 1)
      const { of, around, type } = aggregate(compileParameter(parameters[0], inner))
      return compose(type, around.replace('FILTER', ''), of)
    },
    [`${name}if`]: (parameters, inner) => {
      requireCount(`${name}if`, parameters, 2, 2)
      const { of, around, type } = aggregate(compileParameter(parameters[0], inner))
      return compose(
        type,
        around.replaceAll('FILTER', 'FILTER (WHERE {1})'),
        of,
        condition(parameters[1], inner),
      )
    },
  }
}

function compileParameter(parameter: Expression | undefined, inner: Scope): TypedSql {
  if (parameter === undefined) throw semanticFailure('An aggregation misses its parameter.', 'SEM0219')
  return compileExpression(parameter, inner)
}

function condition(parameter: Expression | undefined, inner: Scope): TypedSql {
  if (parameter === undefined) throw semanticFailure('An aggregation misses its condition.', 'SEM0219')
  return compileCondition(parameter, inner)
}

function requireCount(name: string, parameters: readonly Expression[], min: number, max: number): void {
  if (parameters.length >= min && parameters.length <= max) return
  const wanted =
    max === 0 ? 'no parameter' : min === max ? `${max} parameter(s)` : `${min} to ${max} parameters`
  throw semanticFailure(`${name}() takes ${wanted}, not ${parameters.length}.`, 'SEM0219')
}

function dcount(name: string, parameters: readonly Expression[], inner: Scope): TypedSql {
  requireCount(name, parameters, 1, 2)
  // Exact: the real dcount() is an estimate (HyperLogLog); its second parameter, the accuracy, changes nothing here.
  return compose('long', 'count(DISTINCT {0})', compileParameter(parameters[0], inner))
}

function extreme(name: 'max' | 'min', value: TypedSql): ReturnType<typeof sum> {
  if (!isOrderable(value.type))
    throw semanticFailure(`${name}() takes no ${value.type}. Try adding explicit casts.`, 'SEM0025')
  // A string is never null, also where there is no row.
  const around = value.type === 'string' ? `coalesce(${name}({0}) FILTER, '')` : `${name}({0}) FILTER`
  return { of: value, around, type: value.type }
}

function sum(value: TypedSql): { of: TypedSql; around: string; type: TypedSql['type'] } {
  requireType('sum', value, ['int', 'long', 'real', 'timespan'])
  const type = value.type === 'int' ? 'long' : value.type
  return { of: value, around: 'coalesce(sum({0}) FILTER, 0)', type }
}

function average(value: TypedSql): ReturnType<typeof sum> {
  requireType('avg', value, ['int', 'long', 'real', 'timespan', 'datetime'])
  if (isNumber(value.type)) return { of: value, around: 'avg({0}) FILTER', type: 'real' }
  return { of: value, around: 'kql_average_ticks({0}) FILTER', type: value.type }
}
