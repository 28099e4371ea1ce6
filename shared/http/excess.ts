import { z } from 'zod'
import { longPartOf } from '../json/index.ts'
import { addProblem, isFull } from './findings.ts'
import type { Findings, Place } from './findings.ts'
import { plainText } from './plain-issue.ts'
import { definitionOf, innerOf, mostItemsOf } from './schema-parts.ts'
import type { AnySchema } from './schema-parts.ts'

/**
 * Up to this many unknown names, which may be misspelt, are reported together with all else that is wrong. With more of
 * them the schema is not run.
 */
const UNKNOWN_MEMBERS_MAX = 20

/**
 * If an object has more members than this, the unknown ones are not searched for: that alone takes a tenth of a second
 * for a million members.
 */
const MEMBERS_MAX = 10_000

/**
 * Looks for arrays with more items and objects with more unknown members than a schema takes, before the schema itself
 * is run: a schema judges every item and writes a message for each, which takes half a minute for a body of 8 MB that
 * holds 100,000 of them.
 * @returns true where there are too many; the findings then say where
 */
export function findExcess(schema: AnySchema, value: unknown, place: Place, findings: Findings): boolean {
  if (typeof value !== 'object' || value === null || isFull(findings)) return false
  const definition = definitionOf(schema)
  if (definition.type === 'array') {
    return Array.isArray(value) && excessOfItems(schema, definition.element, value, place, findings)
  }
  if (definition.type === 'object') {
    return !Array.isArray(value) && excessOfMembers(schema, value, place, findings)
  }
  if (definition.type === 'union') return excessOfUnion(definition.options ?? [], value, place, findings)
  return innerOf(schema)
    .map((inner) => findExcess(inner, value, place, findings))
    .includes(true)
}

function excessOfItems(
  schema: AnySchema,
  element: AnySchema | undefined,
  items: readonly unknown[],
  place: Place,
  findings: Findings,
): boolean {
  const maximum = mostItemsOf(schema)
  if (maximum !== undefined && items.length > maximum) {
    addProblem(findings, { pointer: place([]), message: lengthMessage(schema, items, maximum) })
    return true
  }
  if (element === undefined) return false
  let isExcess = false
  for (const [index, item] of items.entries()) {
    if (findExcess(element, item, (path) => place([index, ...path]), findings)) isExcess = true
    if (isFull(findings)) break
  }
  return isExcess
}

/**
 * The schema's own message for too many items. The schema gets `maximum + 1` nulls instead of the items, so that it
 * judges no item.
 */
function lengthMessage(schema: AnySchema, items: readonly unknown[], maximum: number): string {
  const { error } = z.core.safeParse(
    schema,
    Array.from({ length: maximum + 1 }, () => null),
  )
  const told = error?.issues.find(({ code, path }) => code === 'too_big' && path.length === 0)
  return told === undefined
    ? `has ${items.length} items; at most ${maximum} are accepted here`
    : plainText(told, items)
}

function excessOfMembers(schema: AnySchema, value: object, place: Place, findings: Findings): boolean {
  const { shape = {}, catchall } = definitionOf(schema)
  const isStrict = catchall !== undefined && definitionOf(catchall).type === 'never'
  const members = longPartOf(value)?.members ?? 0
  if (isStrict && members > MEMBERS_MAX) {
    const known = Object.keys(shape).join(', ')
    addProblem(findings, { pointer: place([]), message: `has ${members} members; known here are ${known}` })
    return true
  }
  const unknown = isStrict ? firstUnknown(value, shape) : []
  if (unknown.length > UNKNOWN_MEMBERS_MAX) {
    for (const name of unknown.slice(0, UNKNOWN_MEMBERS_MAX))
      addProblem(findings, { pointer: place([name]), message: 'is not known here' })
    return true
  }
  let isExcess = false
  for (const [name, member] of Object.entries(shape)) {
    if (!Object.hasOwn(value, name)) continue
    const inner: unknown = Reflect.get(value, name)
    if (findExcess(member, inner, (path) => place([name, ...path]), findings)) isExcess = true
  }
  return isExcess
}

/** The first members that the shape does not have: at most one more than are reported. */
function firstUnknown(value: object, shape: Readonly<Record<string, unknown>>): string[] {
  const unknown: string[] = []
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(shape, name)) unknown.push(name)
    if (unknown.length > UNKNOWN_MEMBERS_MAX) break
  }
  return unknown
}

/**
 * The value is judged by the alternatives that share the most members with it. It is refused only if it is too much for
 * each of these. The problems of the alternative with the fewest are reported.
 */
function excessOfUnion(
  options: readonly AnySchema[],
  value: object,
  place: Place,
  findings: Findings,
): boolean {
  const shared = options.map((option) => sharedMembers(option, value))
  const most = Math.max(...shared)
  let fewest: Findings | undefined
  for (const option of options.filter((_option, index) => shared[index] === most)) {
    const own: Findings = { problems: [], code: undefined }
    if (!findExcess(option, value, place, own)) return false
    if (fewest === undefined || own.problems.length < fewest.problems.length) fewest = own
  }
  for (const problem of fewest?.problems ?? []) addProblem(findings, problem)
  return fewest !== undefined
}

/**
 * How many members of an alternative a value has. For an array it is 1 if the alternative is an array, and 0 otherwise.
 */
function sharedMembers(option: AnySchema, value: object): number {
  const { type, shape = {} } = definitionOf(option)
  if (Array.isArray(value)) return type === 'array' ? 1 : 0
  return Object.keys(shape).filter((name) => Object.hasOwn(value, name)).length
}
