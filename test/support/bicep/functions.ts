import { asText, isEqual, isList, isObject, textOf, Unknown } from './values.ts'
import type { ObjectValue, Value } from './values.ts'

/** A lambda, ready to be called. */
export type Callback = (...values: readonly Value[]) => Value
export type Argument = Value | Callback

/** The template has reached `fail()`: the deployment would be refused with this message. */
export class DeploymentRefused extends Error {}

/** Thrown by a function that can't accept its arguments. The caller adds name and line. */
class WrongArgument extends Error {}

const asList = (value: Argument | undefined): readonly Value[] =>
  value !== undefined && typeof value !== 'function' && isList(value) ? value : wrong('a list', value)
const asString = (value: Argument | undefined): string =>
  typeof value === 'string' ? value : wrong('a string', value)
const asNumber = (value: Argument | undefined): number =>
  typeof value === 'number' ? value : wrong('a number', value)
const asObject = (value: Argument | undefined): ObjectValue =>
  value !== undefined && typeof value !== 'function' && isObject(value) ? value : wrong('an object', value)
const asCallback = (value: Argument | undefined): Callback =>
  typeof value === 'function' ? value : wrong('a lambda', value)
const asCondition = (value: Value): boolean =>
  typeof value === 'boolean' ? value : wrong('a lambda that gives true or false', value)
const asValue = (value: Argument | undefined): Value =>
  value === undefined || typeof value === 'function' ? wrong('a value', value) : value

function wrong(wanted: string, value: Argument | undefined): never {
  const got = value === undefined ? 'nothing' : typeof value === 'function' ? 'a lambda' : textOf(value)
  throw new WrongArgument(`wants ${wanted}, got ${got}`)
}

const lower = (value: Argument | undefined): string => asString(value).toLowerCase()

/** A union of lists has each value once. A union of objects merges inner objects, too. Source: reference of `union`. */
function union(left: Value, right: Value): Value {
  if (isList(left) && isList(right)) return distinct([...left, ...right])
  if (!isObject(left) || !isObject(right)) return wrong('lists or objects', right)
  const merged: Record<string, Value> = { ...left }
  for (const [name, value] of Object.entries(right)) {
    const earlier = merged[name]
    merged[name] =
      earlier !== undefined && isObject(earlier) && isObject(value) ? union(earlier, value) : value
  }
  return merged
}

function distinct(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [textOf(value), value])).values()]
}

function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string') return container.includes(asText(item))
  if (isList(container)) return container.some((value) => isEqual(value, item))
  // The case of property names makes no difference, as in Azure.
  return Object.keys(asObject(container)).some((name) => name.toLowerCase() === lower(item))
}

function isEmpty(value: Value): boolean {
  if (value === null) return true
  if (typeof value === 'string' || isList(value)) return value.length === 0
  return Object.keys(asObject(value)).length === 0
}

/** Replaces `{0}`, `{1}` and so on. Formats such as `{0:N}` are not supported. */
const format = (text: string, values: readonly Argument[]): string =>
  text.replaceAll(/\{(\d+)\}/g, (_, index: string) => asText(asValue(values[Number(index)])))

/** Functions that need nothing but their arguments. Those not listed are refused by name. */
export const pureFunctions: Readonly<Record<string, (given: readonly Argument[]) => Value>> = {
  any: ([value]) => asValue(value),
  bool: ([value]) => (typeof value === 'boolean' ? value : lower(value) === 'true'),
  coalesce: (values) => asValue(values.find((value) => value !== null) ?? null),
  concat: (values) =>
    values.some((value) => typeof value !== 'function' && value !== undefined && isList(value))
      ? values.flatMap((value) => asList(value))
      : values.map((value) => asText(asValue(value))).join(''),
  contains: ([container, item]) => contains(asValue(container), asValue(item)),
  empty: ([value]) => isEmpty(asValue(value)),
  endsWith: ([text, end]) => lower(text).endsWith(lower(end)),
  fail: ([message]) => {
    throw new DeploymentRefused(asString(message))
  },
  filter: ([list, keeps]) =>
    asList(list).filter((value, index) => asCondition(asCallback(keeps)(value, index))),
  first: ([list]) => (typeof list === 'string' ? list.slice(0, 1) : (asList(list)[0] ?? null)),
  flatten: ([lists]) => asList(lists).flatMap((list) => asList(list)),
  format: ([text, ...values]) => format(asString(text), values),
  indexOf: ([container, item]) =>
    typeof container === 'string'
      ? container.toLowerCase().indexOf(lower(item))
      : asList(container).findIndex((value) => isEqual(value, asValue(item))),
  int: ([value]) => (typeof value === 'number' ? value : Number.parseInt(asString(value), 10)),
  items: ([object]) =>
    Object.entries(asObject(object))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value })),
  join: ([list, between]) => asList(list).map(asText).join(asString(between)),
  last: ([list]) => (typeof list === 'string' ? list.slice(-1) : (asList(list).at(-1) ?? null)),
  length: ([value]) =>
    typeof value === 'string'
      ? value.length
      : value !== undefined && typeof value !== 'function' && isList(value)
        ? value.length
        : Object.keys(asObject(value)).length,
  map: ([list, change]) => asList(list).map((value, index) => asCallback(change)(value, index)),
  mapValues: ([object, change]) =>
    Object.fromEntries(
      Object.entries(asObject(object)).map(([name, value]) => [name, asCallback(change)(value)]),
    ),
  max: (values) => Math.max(...numbers(values)),
  min: (values) => Math.min(...numbers(values)),
  objectKeys: ([object]) => Object.keys(asObject(object)).toSorted(),
  padLeft: ([text, width, filler = ' ']) => asText(asValue(text)).padStart(asNumber(width), asString(filler)),
  range: ([start, count]) => Array.from({ length: asNumber(count) }, (_, index) => asNumber(start) + index),
  reduce: ([list, initial, merge]) =>
    asList(list).reduce((sum, value) => asCallback(merge)(sum, value), asValue(initial)),
  replace: ([text, from, to]) => asString(text).replaceAll(asString(from), asString(to)),
  skip: ([list, count]) =>
    typeof list === 'string' ? list.slice(asNumber(count)) : asList(list).slice(asNumber(count)),
  sort: ([list, isBefore]) =>
    asList(list).toSorted((a, b) => (asCondition(asCallback(isBefore)(a, b)) ? -1 : 1)),
  split: ([text, by]) => asString(text).split(asString(by)),
  startsWith: ([text, start]) => lower(text).startsWith(lower(start)),
  string: ([value]) => asText(asValue(value)),
  substring: ([text, start, count]) =>
    asString(text).slice(
      asNumber(start),
      count === undefined ? undefined : asNumber(start) + asNumber(count),
    ),
  take: ([list, count]) =>
    typeof list === 'string' ? list.slice(0, asNumber(count)) : asList(list).slice(0, asNumber(count)),
  toLower: ([text]) => lower(text),
  toObject: ([list, key, value]) =>
    Object.fromEntries(
      asList(list).map((item) => [
        asString(asCallback(key)(item)),
        value === undefined ? item : asCallback(value)(item),
      ]),
    ),
  toUpper: ([text]) => asString(text).toUpperCase(),
  trim: ([text]) => asString(text).trim(),
  union: ([first, ...others]) => others.map(asValue).reduce(union, union(asValue(first), asValue(first))),
}

const numbers = (values: readonly Argument[]): number[] =>
  values.flatMap((value) => (typeof value === 'number' ? value : asList(value).map(asNumber)))

/**
 * Calls a pure function. If only a deployment knows an argument, the result is Unknown, too.
 * @throws DeploymentRefused by fail(), Error when the function can't accept an argument
 */
export function callPure(name: string, given: readonly Argument[]): Value {
  const called = Object.hasOwn(pureFunctions, name) ? pureFunctions[name] : undefined
  if (called === undefined) throw new WrongArgument(`${name}() is not known to these tests`)
  if (given.some((argument) => argument instanceof Unknown)) {
    const texts = given.map((argument) => (typeof argument === 'function' ? 'lambda' : textOf(argument)))
    return new Unknown(`${name}(${texts.join(', ')})`)
  }
  try {
    return called(given)
  } catch (error) {
    if (error instanceof WrongArgument)
      throw new WrongArgument(`${name}() ${error.message}`, { cause: error })
    throw error
  }
}
