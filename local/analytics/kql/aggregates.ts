import { semanticFailure, unsupported } from '../failure.ts'
import { compileCondition, compileExpression } from './expression-compiler.ts'
import { isNumber } from './conversions.ts'
import type { Expression } from './syntax.ts'
import { compose } from './typed-sql.ts'
import type { Scope, TypedSql } from './typed-sql.ts'

type CompileAggregate = (parameters: readonly Expression[], scope: Scope) => TypedSql

function one(name: string, parameters: readonly Expression[]): Expression {
  const [parameter] = parameters
  if (parameter === undefined || parameters.length !== 1) {
    throw semanticFailure(`${name}() takes one parameter, not ${parameters.length}.`, 'SEM0219')
  }
  return parameter
}

function extreme(name: 'max' | 'min'): CompileAggregate {
  return (parameters, scope) => {
    const value = compileExpression(one(name, parameters), scope)
    if (value.type === 'dynamic')
      throw semanticFailure(`${name}() takes no dynamic. Try adding explicit casts.`)
    return compose(value.type, `${name}({0})`, value)
  }
}

function dcount(parameters: readonly Expression[], scope: Scope): TypedSql {
  const [parameter] = parameters
  if (parameter === undefined || parameters.length > 2)
    throw semanticFailure('dcount() takes an expression.', 'SEM0219')
  // Exact: the real dcount() is an estimate (HyperLogLog); its second parameter, the accuracy, changes nothing here.
  return compose('long', 'count(DISTINCT {0})', compileExpression(parameter, scope))
}

function sum(parameters: readonly Expression[], scope: Scope): TypedSql {
  const value = compileExpression(one('sum', parameters), scope)
  if (!isNumber(value.type)) throw semanticFailure(`sum() takes numbers, not ${value.type}.`, 'SEM0025')
  return compose(value.type === 'real' ? 'real' : 'long', 'coalesce(sum({0}), 0)', value)
}

function average(parameters: readonly Expression[], scope: Scope): TypedSql {
  const value = compileExpression(one('avg', parameters), scope)
  if (!isNumber(value.type)) throw semanticFailure(`avg() takes numbers, not ${value.type}.`, 'SEM0025')
  return compose('real', 'avg({0})', value)
}

const aggregates: Readonly<Record<string, CompileAggregate>> = {
  count: (parameters) => {
    if (parameters.length > 0) throw semanticFailure('count() takes no parameter.', 'SEM0219')
    return { sql: 'count(*)', parameters: [], type: 'long' }
  },
  countif: (parameters, scope) =>
    compose('long', 'count(*) FILTER (WHERE {0})', compileCondition(one('countif', parameters), scope)),
  dcount,
  min: extreme('min'),
  max: extreme('max'),
  sum,
  avg: average,
}

/** @throws KustoFailure for anything but a call of an aggregation function that is known */
export function compileAggregate(expression: Expression, scope: Scope): TypedSql {
  const known = Object.keys(aggregates).map((name) => `${name}()`)
  if (expression.kind !== 'call') throw unsupported('an expression around aggregations in summarize', known)
  const compile = aggregates[expression.name]
  if (compile === undefined) throw unsupported(`the aggregation '${expression.name}()'`, known)
  return compile(expression.parameters, scope)
}
