import { semanticFailure } from '../failure.ts'
import { arithmetic, comparison, isOrderable } from './binary-operators.ts'
import { isNumber, toText } from './conversions.ts'
import { compileHasList, compileIn } from './list-operators.ts'
import { compileCall } from './scalar-calls.ts'
import { resolveName } from './scope.ts'
import type { Scope } from './scope.ts'
import type { Expression } from './syntax.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

/** @throws KustoFailure for unknown names and for types that do not fit */
export function compileExpression(expression: Expression, scope: Scope): TypedSql {
  const compile = (inner: Expression): TypedSql => compileExpression(inner, scope)
  switch (expression.kind) {
    case 'literal':
      return literalSql(expression.type, expression.value)
    case 'name':
      return resolveName(expression.name, scope)
    case 'member':
      return compileMember(compile(expression.target), expression.key)
    case 'element':
      return compileElement(compile(expression.target), compile(expression.key))
    case 'negative': {
      const value = compile(expression.value)
      if (!isNumber(value.type) && value.type !== 'timespan') {
        throw semanticFailure(`A ${value.type} has no negative.`, 'SEM0064')
      }
      return compose(value.type === 'int' ? 'long' : value.type, '(-{0})', value)
    }
    case 'binary':
      return compileBinary(expression, scope)
    case 'in':
      return compileIn(expression, scope, compile)
    case 'has-list':
      return compileHasList(expression, compile)
    case 'between':
      return compileBetween(expression, compile)
    case 'call':
      return compileFunction(expression, scope)
    case 'query':
      throw semanticFailure('A query stands where a value is needed. toscalar(...) makes a value of a query.')
    case 'star':
      throw semanticFailure("'*' stands for no value here.")
  }
}

function compileFunction(call: Extract<Expression, { kind: 'call' }>, scope: Scope): TypedSql {
  const aggregate = scope.aggregate?.(call)
  if (aggregate !== undefined) return aggregate
  const [parameter] = call.parameters
  if (call.name === 'toscalar' && parameter?.kind === 'query') {
    const stage = scope.names.compileQuery(parameter.query)
    const [first] = stage.columns
    if (first === undefined) throw semanticFailure('toscalar() needs a query with a column.')
    const sql = `(SELECT ${first.sql} FROM (${stage.sql})${stage.ordered ? ' ORDER BY place' : ''} LIMIT 1)`
    const value = { sql, parameters: stage.parameters, type: first.type }
    return first.type === 'string' ? compose('string', "coalesce({0}, '')", value) : value
  }
  const parameters = call.parameters.map((inner) => compileExpression(inner, scope))
  return compileCall(call.name, parameters, scope)
}

function compileMember(target: TypedSql, key: string | number): TypedSql {
  requireDynamic(target)
  if (typeof key === 'string' && /["\\]/u.test(key)) return compileElement(target, literalSql('string', key))
  let step = typeof key === 'string' ? `."${key}"` : `[${key}]`
  if (typeof key === 'number' && key < 0) step = `[#${key}]`
  return compose('dynamic', '({0} -> {1})', target, literalSql('string', `$${step}`))
}

function requireDynamic(target: TypedSql): void {
  if (target.type === 'dynamic') return
  const hint = target.type === 'string' ? ' parse_json() makes a dynamic of a string.' : ''
  throw semanticFailure(`A value of type ${target.type} has no members; only dynamic has.${hint}`, 'SEM0012')
}

function compileElement(target: TypedSql, key: TypedSql): TypedSql {
  requireDynamic(target)
  if (!['string', 'int', 'long', 'bool', 'dynamic'].includes(key.type))
    throw semanticFailure(`A value of type ${key.type} is no name or place of a member.`, 'SEM0012')
  const usable = key.type === 'dynamic' ? toText(key) : key
  return compose('dynamic', 'kql_member({0}, {1})', target, usable)
}

function compileBetween(
  expression: Extract<Expression, { kind: 'between' }>,
  compile: (inner: Expression) => TypedSql,
): TypedSql {
  const [value, low, high] = [compile(expression.value), compile(expression.low), compile(expression.high)]
  for (const side of [value, low, high]) {
    if (!isOrderable(side.type) || side.type === 'string')
      throw semanticFailure(`'between' takes numbers, datetime or timespan, not ${side.type}.`, 'SEM0025')
  }
  // `between (start .. 1d)` ends one day after its start.
  const end = low.type === 'datetime' && high.type === 'timespan' ? arithmetic('+', low, high) : high
  const [from, to] = [comparison('>=', value, low), comparison('<=', value, end)]
  return compose('bool', expression.negated ? '(NOT ({0} AND {1}))' : '({0} AND {1})', from, to)
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
  has_cs: 'kql_has_cs({0}, {1})',
  hasprefix: 'kql_hasprefix({0}, {1})',
  hassuffix: 'kql_hassuffix({0}, {1})',
  contains: 'kql_contains({0}, {1})',
  contains_cs: '(instr({0}, {1}) > 0)',
  startswith: 'kql_startswith({0}, {1})',
  startswith_cs: '(substr({0}, 1, length({1})) = {1})',
  endswith: 'kql_endswith({0}, {1})',
  endswith_cs: 'kql_endswith_cs({0}, {1})',
  '=~': 'kql_equals_ignoring_case({0}, {1})',
}

function textOperation(operator: string, left: TypedSql, right: TypedSql): TypedSql | undefined {
  const negated = operator.startsWith('!') && operator !== '!='
  const plain = operator === '!~' ? '=~' : operator.replace(/^!/u, '')
  const template = textOperators[plain]
  if (template === undefined) return undefined
  for (const side of [left, right]) {
    if (side.type !== 'string' && side.type !== 'dynamic')
      throw semanticFailure(`'${operator}' takes strings, not ${side.type}; tostring() makes one.`, 'SEM0064')
  }
  return compose('bool', negated ? `(NOT ${template})` : template, toText(left), toText(right))
}

/** A condition of `where`. @throws KustoFailure when it is no bool */
export function compileCondition(expression: Expression, scope: Scope): TypedSql {
  const condition = compileExpression(expression, scope)
  if (condition.type !== 'bool') {
    const hint = condition.type === 'dynamic' ? ' tobool() makes one of it.' : ''
    throw semanticFailure(`A condition is a bool, not a ${condition.type}.${hint}`, 'SEM0025')
  }
  return condition
}
