import { semanticFailure, unsupported } from '../failure.ts'
import type { StoredValue } from '../values/index.ts'
import { convert, isNumber, sameType, toText } from './conversions.ts'
import { compileCall } from './scalar-calls.ts'
import type { Expression } from './syntax.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { Scope, TypedSql } from './typed-sql.ts'

/** @throws KustoFailure for unknown names and for types that do not fit */
export function compileExpression(expression: Expression, scope: Scope): TypedSql {
  switch (expression.kind) {
    case 'literal':
      return literalSql(expression.type, expression.value)
    case 'name':
      return compileName(expression.name, scope)
    case 'member':
      return compileMember(compileExpression(expression.target, scope), expression.key)
    case 'negative': {
      const value = compileExpression(expression.value, scope)
      if (!isNumber(value.type) && value.type !== 'timespan') {
        throw semanticFailure(`A ${value.type} has no negative.`, 'SEM0064')
      }
      return compose(value.type, '(-{0})', value)
    }
    case 'binary':
      return compileBinary(expression, scope)
    case 'in':
      return compileIn(expression, scope)
    case 'call':
      return compileCall(
        expression.name,
        expression.parameters.map((parameter) => compileExpression(parameter, scope)),
        scope,
      )
    case 'star':
      throw semanticFailure("'*' stands for no value here.")
  }
}

function compileName(name: string, scope: Scope): TypedSql {
  const column = scope.columns.find((candidate) => candidate.name === name)
  if (column !== undefined) return { sql: column.sql, parameters: [], type: column.type }
  const parameter = scope.parameters.get(name)
  if (parameter !== undefined) return literalSql(parameter.type, parameter.value)
  throw semanticFailure(`Failed to resolve column or scalar expression named '${name}'.`)
}

function compileMember(target: TypedSql, key: string | number): TypedSql {
  if (target.type !== 'dynamic') {
    throw semanticFailure(`A value of type ${target.type} has no members; only dynamic has.`, 'SEM0012')
  }
  if (typeof key === 'string' && /["\\]/u.test(key)) {
    throw unsupported('a property name with a quote or backslash', ['Payload.name', "Payload['a name']"])
  }
  let step = typeof key === 'string' ? `."${key}"` : `[${key}]`
  if (typeof key === 'number' && key < 0) step = `[#${key}]`
  return compose('dynamic', '({0} -> {1})', target, literalSql('string', `$${step}`))
}

function compileBinary(expression: Extract<Expression, { kind: 'binary' }>, scope: Scope): TypedSql {
  const { operator } = expression
  const left = compileExpression(expression.left, scope)
  const right = compileExpression(expression.right, scope)
  if (operator === 'and' || operator === 'or') return logical(operator, left, right)
  const text = textOperation(operator, left, right)
  if (text !== undefined) return text
  return ['==', '!=', '<', '<=', '>', '>='].includes(operator)
    ? comparison(operator, left, right)
    : arithmetic(operator, left, right)
}

function logical(operator: string, left: TypedSql, right: TypedSql): TypedSql {
  for (const side of [left, right]) {
    if (side.type !== 'bool')
      throw semanticFailure(`'${operator}' takes bool values, not ${side.type}.`, 'SEM0025')
  }
  return compose('bool', `({0} ${operator.toUpperCase()} {1})`, left, right)
}

const textOperators: Readonly<Record<string, string>> = {
  has: 'kql_has({0}, {1})',
  contains: 'kql_contains({0}, {1})',
  startswith: 'kql_startswith({0}, {1})',
  endswith: 'kql_endswith({0}, {1})',
  '=~': 'kql_equals_ignoring_case({0}, {1})',
}

function textOperation(operator: string, left: TypedSql, right: TypedSql): TypedSql | undefined {
  const negated = operator.startsWith('!') && operator !== '!='
  const plain = operator === '!~' ? '=~' : operator.replace(/^!/u, '')
  const template = textOperators[plain]
  if (template === undefined) return undefined
  return compose('bool', negated ? `(NOT ${template})` : template, toText(left), toText(right))
}

function comparison(operator: string, left: TypedSql, right: TypedSql): TypedSql {
  const [a, b] = sameType(left, right)
  const isLiteral = b.sql === '?' && b.parameters[0] !== null
  switch (operator) {
    case '==':
      // IS can use an index like =, and gives false (not null) when one side is null.
      return compose('bool', isLiteral ? '({0} IS {1})' : '({0} IS {1} AND {0} IS NOT NULL)', a, b)
    case '!=':
      return compose('bool', '({0} IS NOT {1})', a, b)
    default:
      if (a.type === 'dynamic')
        throw semanticFailure(`Cannot order dynamic values. Try adding explicit casts.`, 'SEM0064')
      return compose('bool', `({0} ${operator} {1})`, a, b)
  }
}

function arithmetic(operator: string, left: TypedSql, right: TypedSql): TypedSql {
  if (isNumber(left.type) && isNumber(right.type)) {
    const type = left.type === 'real' || right.type === 'real' ? 'real' : 'long'
    return compose(type, `({0} ${operator} {1})`, left, right)
  }
  const types = `${left.type} ${operator} ${right.type}`
  if (types === 'datetime - datetime') return compose('timespan', '({0} - {1})', left, right)
  if (types === 'datetime - timespan' || types === 'datetime + timespan') {
    return compose('datetime', `({0} ${operator} {1})`, left, right)
  }
  if (types === 'timespan - timespan' || types === 'timespan + timespan') {
    return compose('timespan', `({0} ${operator} {1})`, left, right)
  }
  throw semanticFailure(
    `The operator '${operator}' is not defined on ${left.type} and ${right.type}.`,
    'SEM0064',
  )
}

function compileIn(expression: Extract<Expression, { kind: 'in' }>, scope: Scope): TypedSql {
  const value = compileExpression(expression.value, scope)
  const candidates = expression.candidates.map((candidate) => compileExpression(candidate, scope))
  const first = candidates[0]
  if (first === undefined) return literalSql('bool', expression.negated ? 1n : 0n)
  if (candidates.some((candidate) => candidate.type === 'dynamic')) {
    throw unsupported("a dynamic array in 'in'", ["column in ('a', 'b')"])
  }
  const [left] = sameType(value, first)
  const right = candidates.map((candidate) => sameType(left, candidate)[1])
  const list = right.map((candidate) => candidate.sql).join(', ')
  const sql = `(${left.sql} IS NOT NULL AND ${left.sql} IN (${list}))`
  const parameters: StoredValue[] = [...left.parameters, ...left.parameters]
  for (const candidate of right) parameters.push(...candidate.parameters)
  return { sql: expression.negated ? `(NOT ${sql})` : sql, parameters, type: 'bool' }
}

/** A condition of `where`. @throws KustoFailure when it is no bool */
export function compileCondition(expression: Expression, scope: Scope): TypedSql {
  const condition = compileExpression(expression, scope)
  if (condition.type === 'dynamic') return convert(condition, 'bool')
  if (condition.type !== 'bool') {
    throw semanticFailure(`A condition is a bool, not a ${condition.type}.`, 'SEM0025')
  }
  return condition
}
