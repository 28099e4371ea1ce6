import { callPure, DeploymentRefused } from './functions.ts'
import type { Argument, Callback } from './functions.ts'
import type {
  Binary,
  Call,
  Expression,
  Index,
  Lambda,
  Loop,
  Member,
  Name,
  ObjectExpression,
  Spread,
} from './syntax.ts'
import { BicepError } from './tokens.ts'
import { asText, isEqual, isList, isObject, textOf, Unknown } from './values.ts'
import type { Value } from './values.ts'

/** Gives an expression the names and functions that it does not define itself. */
export interface Scope {
  /** Undefined: there is no such name. */
  lookUp(name: string): Value | undefined
  /** A `func` of the file. */
  userFunction(name: string): Callback | undefined
  /** A function that needs the file system or the platform. Undefined: there is no such function. */
  platformFunction(name: string, given: readonly Value[]): Value | undefined
}

/**
 * The value of an expression. A value that only a deployment knows becomes Unknown, and a decision that depends on it
 * is refused.
 * @throws BicepError with the line, at everything that is not understood; DeploymentRefused when fail() is reached
 */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'interpolation':
      return expression.parts
        .map((part) => (typeof part === 'string' ? part : asText(evaluate(part, scope))))
        .join('')
    case 'name':
      return named(expression, scope)
    case 'array':
      return expression.items.flatMap((item) =>
        item.kind === 'spread' ? spreadList(item, scope) : [evaluate(item, scope)],
      )
    case 'object':
      return objectOf(expression, scope)
    case 'call':
      return call(expression, scope)
    case 'member':
      return memberOf(expression, evaluate(expression.base, scope), expression.name)
    case 'index':
      return memberOf(expression, evaluate(expression.base, scope), keyOf(expression, scope))
    case 'not-null':
      return evaluate(expression.value, scope) ?? refuse(expression, 'what is said to be there (!) is null')
    case 'unary':
      return unary(expression.operator, expression, scope)
    case 'binary':
      return binary(expression, scope)
    case 'conditional':
      return evaluate(
        conditionOf(expression.condition, scope) ? expression.whenTrue : expression.whenFalse,
        scope,
      )
    case 'loop':
      return loopOver(expression, scope).map((each) => evaluate(expression.body, each))
    case 'lambda':
      return refuse(expression, 'a lambda stands where a value is wanted')
  }
}

function named(expression: Name, scope: Scope): Value {
  const value = scope.lookUp(expression.name)
  return value === undefined ? refuse(expression, `nothing is called ${expression.name}`) : value
}

function refuse(at: { readonly line: number }, what: string): never {
  throw new BicepError(at.line, what)
}

/** True or false. Other values are refused, so that a wrong condition is not taken as true. */
export function conditionOf(expression: Expression, scope: Scope): boolean {
  const value = evaluate(expression, scope)
  if (typeof value === 'boolean') return value
  if (value instanceof Unknown) refuse(expression, `only a deployment knows whether ${value.text} holds`)
  return refuse(expression, `true or false is wanted, got ${textOf(value)}`)
}

/** The scope with some additional names. */
export function withNames(scope: Scope, names: Readonly<Record<string, Value>>): Scope {
  return {
    lookUp: (name) => (Object.hasOwn(names, name) ? names[name] : scope.lookUp(name)),
    userFunction: (name) => scope.userFunction(name),
    platformFunction: (name, given) => scope.platformFunction(name, given),
  }
}

/** One scope for each turn of a loop. */
export function loopOver(loop: Pick<Loop, 'line' | 'item' | 'index' | 'list'>, scope: Scope): Scope[] {
  const list = evaluate(loop.list, scope)
  if (!isList(list)) return refuse(loop, `a loop goes over a list, not over ${textOf(list)}`)
  return list.map((item, position) =>
    withNames(scope, { [loop.item]: item, ...(loop.index === undefined ? {} : { [loop.index]: position }) }),
  )
}

export const callbackOf =
  (lambda: Lambda, scope: Scope): Callback =>
  (...values) => {
    const names = lambda.parameters.map((name, position) => [name, values[position] ?? null] as const)
    return evaluate(lambda.body, withNames(scope, Object.fromEntries(names)))
  }

function spreadList(spread: Spread, scope: Scope): readonly Value[] {
  const value = evaluate(spread.value, scope)
  return isList(value) ? value : refuse(spread, `a list is wanted after ..., got ${textOf(value)}`)
}

function objectOf(expression: ObjectExpression, scope: Scope): Value {
  const made: Record<string, Value> = {}
  for (const property of expression.properties) {
    const value = evaluate(property.value, scope)
    if (property.kind === 'property') made[asText(evaluate(property.key, scope))] = value
    else if (isObject(value)) Object.assign(made, value)
    else refuse(property, `an object is wanted after ..., got ${textOf(value)}`)
  }
  return made
}

function call(expression: Call, scope: Scope): Value {
  const { name, base } = expression
  const given = expression.arguments.map((argument): Argument =>
    argument.kind === 'lambda' ? callbackOf(argument, scope) : evaluate(argument, scope),
  )
  if (base !== undefined && !(base.kind === 'name' && ['az', 'sys'].includes(base.name))) {
    const target = evaluate(base, scope)
    if (target instanceof Unknown) return new Unknown(`${target.text}.${name}()`)
    return refuse(expression, `${name}() is called on ${textOf(target)}`)
  }
  const values = given.filter((argument) => typeof argument !== 'function')
  const userFunction = scope.userFunction(name)
  if (userFunction !== undefined) return userFunction(...values)
  const platform = scope.platformFunction(name, values)
  if (platform !== undefined) return platform
  try {
    return callPure(name, given)
  } catch (error) {
    if (error instanceof BicepError || error instanceof DeploymentRefused || !(error instanceof Error))
      throw error
    return refuse(expression, error.message)
  }
}

function keyOf({ index }: Index, scope: Scope): string | number {
  const key = evaluate(index, scope)
  return typeof key === 'string' || typeof key === 'number'
    ? key
    : refuse(index, `a name or a number is wanted in [ ], got ${textOf(key)}`)
}

function memberOf(at: Member | Index, base: Value, key: string | number): Value {
  if (base instanceof Unknown) return base.member(key)
  if (typeof key === 'number' && isList(base)) {
    return base[key] ?? (at.isSafe ? null : refuse(at, `there is no item ${key} in ${textOf(base)}`))
  }
  if (typeof key === 'string' && isObject(base)) {
    const name = Object.keys(base).find((candidate) => candidate.toLowerCase() === key.toLowerCase())
    if (name !== undefined) return base[name] ?? null
    return at.isSafe ? null : refuse(at, `there is no ${key} in ${textOf(base)}`)
  }
  return base === null && isSafeUpTo(at) ? null : refuse(at, `${key} is asked of ${textOf(base)}`)
}

/** If `.?` finds null, the whole chain of members after it is null. */
const isSafeUpTo = (access: Member | Index): boolean =>
  access.isSafe ||
  ((access.base.kind === 'member' || access.base.kind === 'index') && isSafeUpTo(access.base))

function unary(operator: string, expression: { operand: Expression; line: number }, scope: Scope): Value {
  if (operator === '!') return !conditionOf(expression.operand, scope)
  const value = evaluate(expression.operand, scope)
  return typeof value === 'number' ? -value : refuse(expression, `a number is wanted, got ${textOf(value)}`)
}

function binary(expression: Binary, scope: Scope): Value {
  const { operator } = expression
  if (operator === '&&') return conditionOf(expression.left, scope) && conditionOf(expression.right, scope)
  if (operator === '||') return conditionOf(expression.left, scope) || conditionOf(expression.right, scope)
  const left = evaluate(expression.left, scope)
  if (operator === '??') return left ?? evaluate(expression.right, scope)
  const right = evaluate(expression.right, scope)
  if (left instanceof Unknown || right instanceof Unknown)
    return new Unknown(`${textOf(left)} ${operator} ${textOf(right)}`)
  if (operator === '==') return isEqual(left, right)
  if (operator === '!=') return !isEqual(left, right)
  if (operator === '=~') return asText(left).toLowerCase() === asText(right).toLowerCase()
  if (operator === '!~') return asText(left).toLowerCase() !== asText(right).toLowerCase()
  if (typeof left === 'number' && typeof right === 'number') return arithmetic(expression, left, right)
  return refuse(expression, `${operator} is between ${textOf(left)} and ${textOf(right)}`)
}

function arithmetic(expression: Binary, left: number, right: number): Value {
  switch (expression.operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    // Bicep has only whole numbers.
    case '/':
      return Math.trunc(left / right)
    case '%':
      return left % right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return refuse(expression, `the operator ${expression.operator} is not known to these tests`)
  }
}
