import type { z } from 'zod'
import { errorCatalogue } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import { isRawJson, jsonPointer } from '../json/index.ts'
import { findExcess } from './excess.ts'
import { addProblem, isFull } from './findings.ts'
import type { Findings, Place } from './findings.ts'
import { plainText } from './plain-issue.ts'

export const inBody: Place = jsonPointer
export const byName: Place = (path) => path.map(String).join('.')

/**
 * From this length on, a body is checked for too many items and members before its schema is run. A shorter body can't
 * keep a schema busy for more than some milliseconds, so most requests need no such check.
 */
const COUNTED_FROM_CHARACTERS = 16_384

/**
 * Checks one part of a request and adds what is wrong to the findings.
 * @param characters of the text that the part was read from
 * @returns the schema's output, undefined where the part is wrong
 */
export function checkPart<S extends z.ZodType>(
  schema: S,
  input: unknown,
  place: Place,
  findings: Findings,
  characters: number,
): z.output<S> | undefined {
  if (characters >= COUNTED_FROM_CHARACTERS && findExcess(schema, input, place, findings)) return undefined
  const result = schema.safeParse(input)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    if (isFull(findings)) break
    addIssue(issue, [], input, place, findings)
  }
  return undefined
}

function addIssue(
  issue: z.core.$ZodIssue,
  prefix: readonly PropertyKey[],
  input: unknown,
  place: Place,
  findings: Findings,
): void {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      if (isFull(findings)) return
      addProblem(findings, { pointer: place([...path, key]), message: 'is not known here' })
    }
    return
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors)
    if (closest !== undefined) {
      for (const inner of closest) addIssue(inner, path, input, place, findings)
      return
    }
  }
  findings.code ??= ownCode(issue)
  const value = valueAt(input, path)
  const message = isRawJson(value) ? 'Integers beyond 2^53 are not accepted here' : plainText(issue, value)
  addProblem(findings, { pointer: place(path), message })
}

/**
 * The alternative that the input was most likely meant to be: the one that it gets furthest into, and among those the one
 * with the fewest objections. The objections of all alternatives together would confuse more than they tell.
 */
function closestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((least, { path }) => Math.min(least, path.length), Infinity)
  return branches
    .filter((issues) => issues.length > 0)
    .toSorted((left, right) => depth(right) - depth(left) || left.length - right.length)[0]
}

function ownCode(issue: z.core.$ZodIssue): ErrorCode | undefined {
  if (issue.code !== 'custom') return undefined
  const code: unknown = issue.params?.['errorCode']
  return typeof code === 'string' && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : undefined
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}
