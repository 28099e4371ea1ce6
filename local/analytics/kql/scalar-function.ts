import { semanticFailure } from '../failure.ts'
import type { ColumnType } from '../values/index.ts'
import type { Scope } from './scope.ts'
import { compose } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

/** A function of KQL: how many parameters it takes, and its translation. */
export interface ScalarFunction {
  readonly count: readonly [min: number, max: number]
  readonly compile: (parameters: readonly TypedSql[], scope: Scope) => TypedSql
  /** What stands in front of the first parameter's name in the name of a result column: '' for bin(), 'strlen_'. */
  readonly namePrefix?: string
}

/** More parameters than this are a mistake. Kusto's own limit for strcat() and coalesce() is 64. */
export const PARAMETERS_MAX = 64

export function parameterAt(parameters: readonly TypedSql[], index: number): TypedSql {
  const parameter = parameters[index]
  if (parameter === undefined) throw semanticFailure('A function misses its parameter.')
  return parameter
}

/** @throws KustoFailure when the parameter has another type. A dynamic is not taken silently. */
export function requireType(name: string, value: TypedSql, types: readonly ColumnType[]): TypedSql {
  if (types.includes(value.type)) return value
  throw semanticFailure(`${name}() takes ${types.join(' or ')} here, not ${value.type}.`, 'SEM0025')
}

/** A function of the given number of parameters that SQLite computes by the template. */
export function simple(
  type: ColumnType,
  template: string,
  count: number,
  convert: (value: TypedSql) => TypedSql,
): ScalarFunction {
  return {
    count: [count, count],
    compile: (parameters) => compose(type, template, ...parameters.map((value) => convert(value))),
  }
}
