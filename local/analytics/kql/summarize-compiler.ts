import { semanticFailure } from '../failure.ts'
import { compileAggregate, unknownAggregate } from './aggregates.ts'
import { ColumnNamer, aggregateName, naturalName } from './column-names.ts'
import { compileExpression } from './expression-compiler.ts'
import { rowAggregates } from './row-aggregates.ts'
import { functionNames } from './scalar-calls.ts'
import { scopeOf } from './scope.ts'
import type { Names, Scope } from './scope.ts'
import { select } from './stage.ts'
import type { Output, Stage } from './stage.ts'
import type { Expression, NamedExpression, Operator } from './syntax.ts'
import { compose } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

type Summarize = Extract<Operator, { kind: 'summarize' }>

/** `summarize aggregations by keys`. @throws KustoFailure for unknown names and for types that do not fit */
export function summarize(stage: Stage, operator: Summarize, names: Names): Stage {
  const inner = scopeOf(stage, names)
  const namer = new ColumnNamer()
  const keys = operator.by.map((key) => keyOf(key, inner, namer))
  // `*` stands for the columns that are no keys. A key such as bin(At, 1d) leaves At among them.
  const keySql = new Set(keys.map((key) => key.value.sql))
  const outputs = operator.aggregates.flatMap((aggregate) => columnsOf(aggregate, inner, keySql, namer))
  if (keys.length + outputs.length === 0) throw semanticFailure('summarize needs an aggregation or a key.')
  const positions = keys.map((_key, index) => String(index + 1)).join(', ')
  const clause = keys.length === 0 ? '' : ` GROUP BY ${positions}`
  return select(stage, [...keys, ...outputs], { clause, keepPlace: false })
}

function keyOf({ name, expression }: NamedExpression, inner: Scope, namer: ColumnNamer): Output {
  const value = compileExpression(expression, inner)
  const named = namer.of({ name, expression })
  if (value.type === 'dynamic') {
    throw semanticFailure(
      `summarize cannot group by '${named}', which is of type dynamic. Use an explicit cast such as tostring().`,
      'SEM0025',
    )
  }
  return { name: named, value }
}

function columnsOf(
  { name, expression }: NamedExpression,
  inner: Scope,
  keySql: ReadonlySet<string>,
  namer: ColumnNamer,
): Output[] {
  if (expression.kind === 'call' && Object.hasOwn(rowAggregates, expression.name)) {
    const columns = rowAggregates[expression.name]?.(expression, inner, keySql) ?? []
    return columns.map((column, index) => ({
      name: index === 0 && name !== undefined ? namer.given(name) : namer.free(column.name),
      value: column.value,
    }))
  }
  let found = 0
  const value = compileExpression(expression, {
    ...inner,
    aggregate: (call) => {
      const aggregate = aggregateOf(call, inner)
      if (aggregate !== undefined) found += 1
      return aggregate
    },
  })
  if (found === 0) throw withoutAggregation(expression)
  const natural = naturalName(expression, nameOfAggregate)
  return [{ name: name === undefined ? namer.orNumbered(natural) : namer.given(name), value }]
}

/** An aggregation inside an expression: `100.0 * countif(Ok) / count()`. */
function aggregateOf(call: Extract<Expression, { kind: 'call' }>, inner: Scope): TypedSql | undefined {
  const simple = compileAggregate(call, inner)
  if (simple !== undefined) return simple
  if (Object.hasOwn(rowAggregates, call.name)) {
    const [column, second] = rowAggregates[call.name]?.(call, inner, new Set()) ?? []
    if (column === undefined || second !== undefined)
      throw semanticFailure(`${call.name}() gives several columns and stands alone in summarize.`)
    return compose(column.value.type, '{0}', column.value)
  }
  if (!functionNames.includes(call.name)) throw unknownAggregate(call.name)
  return undefined
}

function nameOfAggregate(call: Extract<Expression, { kind: 'call' }>): string | undefined {
  const isNamed = !functionNames.includes(call.name) && !Object.hasOwn(rowAggregates, call.name)
  return isNamed ? aggregateName(call.name, call.parameters) : undefined
}

function withoutAggregation(expression: Expression): Error {
  const hint = "Only keys stand alone, after 'by'."
  return expression.kind === 'call'
    ? unknownAggregate(expression.name)
    : semanticFailure(`A column of summarize needs an aggregation such as count() or max(). ${hint}`)
}
