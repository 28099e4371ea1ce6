import { semanticFailure } from '../failure.ts'
import type { ColumnType } from '../values/index.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

const INTEGERS = new Set<ColumnType>(['int', 'long', 'bool'])
const NUMBERS = new Set<ColumnType>(['int', 'long', 'real'])

export function isNumber(type: ColumnType): boolean {
  return NUMBERS.has(type)
}

/** Kusto's `tostring()`: never null. */
export function toText(value: TypedSql): TypedSql {
  if (value.type === 'string') return value
  return compose('string', 'kql_text({0}, {1})', literalSql('string', value.type), value)
}

/** The value as JSON, a datetime and the like as a string. */
export function toDynamic(value: TypedSql): TypedSql {
  if (value.type === 'dynamic') return value
  return compose('dynamic', 'kql_to_dynamic({0}, {1})', literalSql('string', value.type), value)
}

/** Kusto's `tolong()`, `todatetime()` and the like: null when the value cannot be converted. */
export function convert(value: TypedSql, type: ColumnType): TypedSql {
  if (value.type === type) return value
  if (type === 'string') return toText(value)
  const typeName = literalSql('string', type)
  if (value.type === 'dynamic') return compose(type, 'kql_from_dynamic({0}, {1})', typeName, value)
  if (value.type === 'string') return compose(type, 'kql_from_text({0}, {1})', typeName, value)
  if (type === 'real' && INTEGERS.has(value.type)) return compose(type, 'CAST({0} AS REAL)', value)
  if (type === 'long' && (INTEGERS.has(value.type) || value.type === 'real')) {
    return compose(type, 'CAST({0} AS INTEGER)', value)
  }
  if (type === 'dynamic') return toDynamic(value)
  // The digits after the point are cut off.
  if (type === 'int' && value.type === 'real') return convert(convert(value, 'long'), 'int')
  // Converted through its text, so that int from long checks the range, and bool from long the value.
  return compose(type, 'kql_from_text({0}, {1})', typeName, toText(value))
}

/** Gives the two sides of a comparison the same type. @throws KustoFailure when they cannot be compared */
export function sameType(left: TypedSql, right: TypedSql): readonly [TypedSql, TypedSql] {
  if (left.type === right.type) return [left, right]
  if (isNumber(left.type) && isNumber(right.type)) return [left, right]
  if (left.type === 'dynamic') return [convert(left, right.type), right]
  if (right.type === 'dynamic') return [left, convert(right, left.type)]
  if (left.type === 'guid' && right.type === 'string') return [left, convert(right, 'guid')]
  if (left.type === 'string' && right.type === 'guid') return [convert(left, 'guid'), right]
  if (left.type === 'decimal' && isNumber(right.type)) return [convert(left, 'real'), right]
  if (right.type === 'decimal' && isNumber(left.type)) return [left, convert(right, 'real')]
  throw semanticFailure(
    `Cannot compare values of types ${left.type} and ${right.type}. Try adding explicit casts.`,
    'SEM0064',
  )
}
