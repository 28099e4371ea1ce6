import { semanticFailure } from '../failure.ts'
import { isOrderable } from './binary-operators.ts'
import { convert, isNumber } from './conversions.ts'
import { PARAMETERS_MAX, parameterAt, requireType } from './scalar-function.ts'
import type { ScalarFunction } from './scalar-function.ts'
import type { TypedSql } from './typed-sql.ts'

/** Functions that give one of their parameters. */
export const choiceFunctions: Readonly<Record<string, ScalarFunction>> = {
  iff: { count: [3, 3], compile: (parameters) => choose('iff', parameters) },
  iif: { count: [3, 3], compile: (parameters) => choose('iif', parameters) },
  case: { count: [3, PARAMETERS_MAX], compile: (parameters) => choose('case', parameters) },
  coalesce: { count: [2, PARAMETERS_MAX], compile: coalesce },
  max_of: { count: [2, PARAMETERS_MAX], compile: (parameters) => extreme('max', parameters) },
  min_of: { count: [2, PARAMETERS_MAX], compile: (parameters) => extreme('min', parameters) },
}

/** `condition, value, condition, value, ..., otherwise`. A condition that is null counts as false. */
function choose(name: string, parameters: readonly TypedSql[]): TypedSql {
  if (parameters.length % 2 === 0)
    throw semanticFailure(`${name}() takes pairs of condition and value, and a last value.`, 'SEM0219')
  const values = parameters.filter((_value, index) => index % 2 === 1 || index === parameters.length - 1)
  const type = commonType(name, values)
  const pieces: TypedSql[] = []
  let sql = 'CASE'
  for (let index = 0; index + 1 < parameters.length; index += 2) {
    const condition = requireType(name, parameterAt(parameters, index), ['bool'])
    const value = convert(parameterAt(parameters, index + 1), type)
    sql += ` WHEN ${condition.sql} THEN ${value.sql}`
    pieces.push(condition, value)
  }
  const otherwise = convert(parameterAt(parameters, parameters.length - 1), type)
  pieces.push(otherwise)
  return {
    sql: `(${sql} ELSE ${otherwise.sql} END)`,
    parameters: pieces.flatMap((piece) => [...piece.parameters]),
    type,
  }
}

/** @throws KustoFailure when the values have no type in common */
function commonType(name: string, values: readonly TypedSql[]): TypedSql['type'] {
  const [first = 'string', ...others] = new Set(values.map((value) => value.type))
  if (others.length === 0) return first
  if ([first, ...others].every((type) => isNumber(type)))
    return [first, ...others].includes('real') ? 'real' : 'long'
  throw semanticFailure(
    `${name}() takes values of one type, not ${[first, ...others].join(' and ')}. Try adding explicit casts.`,
    'SEM0025',
  )
}

/** The first that is not null; of strings the first that is not empty. */
function coalesce(parameters: readonly TypedSql[]): TypedSql {
  const type = commonType('coalesce', parameters)
  const values = parameters.map((value) => convert(value, type))
  const sql = values.map((value) => (type === 'string' ? `nullif(${value.sql}, '')` : value.sql)).join(', ')
  const all = values.flatMap((value) => [...value.parameters])
  return type === 'string'
    ? { sql: `coalesce(${sql}, '')`, parameters: all, type }
    : { sql: `coalesce(${sql})`, parameters: all, type }
}

/** The largest or smallest of the values that are not null. */
function extreme(name: 'max' | 'min', parameters: readonly TypedSql[]): TypedSql {
  const type = commonType(`${name}_of`, parameters)
  if (!isOrderable(type)) throw semanticFailure(`${name}_of() takes no ${type}.`, 'SEM0025')
  const values = parameters.map((value) => convert(value, type))
  const rows = values.map((value) => `(${value.sql})`).join(', ')
  return {
    sql: `(SELECT ${name}(column1) FROM (VALUES ${rows}))`,
    parameters: values.flatMap((value) => [...value.parameters]),
    type,
  }
}
