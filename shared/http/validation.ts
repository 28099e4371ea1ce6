import { type z } from 'zod'
import { errorCatalogue, TrickleError, type ErrorCode, type FieldProblem } from '../errors/index.ts'
import { isRawJson, jsonPointer } from '../json/index.ts'

/** As many as a client will mend at once; more would make the answer as long as the body. */
const MAX_PROBLEMS = 20

/** What is wrong with the inputs of a request, gathered over all of its parts. */
export interface Findings {
  readonly problems: FieldProblem[]
  /** The first code of its own that a schema asked for, as `params: { errorCode }` of a zod refinement. */
  code: ErrorCode | undefined
}

/** How a place is written: a JSON pointer into the body, or the name of a parameter or header. */
export type DescribePlace = (path: readonly PropertyKey[]) => string

export const inBody: DescribePlace = jsonPointer
export const byName: DescribePlace = (path) => path.map(String).join('.')

/** Checks one part of a request and adds what is wrong to the findings. Returns the schema's output, undefined where it is wrong. */
export function checkPart(
  schema: z.ZodType,
  input: unknown,
  describePlace: DescribePlace,
  findings: Findings,
): unknown {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  for (const issue of result.error.issues) addIssue(issue, [], input, describePlace, findings)
  return undefined
}

/**
 * Ends the checks.
 * @throws TrickleError VALIDATION_FAILED, or the code that a schema asked for, with a problem for each place
 */
export function throwFindings(findings: Findings): void {
  const errors = findings.problems.slice(0, MAX_PROBLEMS)
  const first = errors[0]
  if (first === undefined) return
  const count = findings.problems.length
  const more = count === 1 ? '' : ` (and ${count - 1} more, see "errors")`
  throw new TrickleError(
    findings.code ?? 'VALIDATION_FAILED',
    `${first.pointer === '' ? 'The body' : first.pointer}: ${first.message}${more}`,
    { errors },
  )
}

function addIssue(
  issue: z.core.$ZodIssue,
  prefix: readonly PropertyKey[],
  input: unknown,
  describePlace: DescribePlace,
  findings: Findings,
): void {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      findings.problems.push({ pointer: describePlace([...path, key]), message: 'is not known here' })
    }
    return
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors)
    if (closest !== undefined) {
      for (const inner of closest) addIssue(inner, path, input, describePlace, findings)
      return
    }
  }
  findings.code ??= ownCode(issue)
  const message = isRawJson(valueAt(input, path))
    ? 'Integers beyond 2^53 are not accepted here'
    : issue.message
  findings.problems.push({ pointer: describePlace(path), message })
}

/**
 * The alternative that the input was most likely meant to be: the one that it gets furthest into, and among those the one
 * with the fewest objections. The objections of all alternatives together would confuse more than they tell.
 */
function closestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.min(...issues.map(({ path }) => path.length))
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
