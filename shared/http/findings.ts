import { TrickleError } from '../errors/index.ts'
import type { ErrorCode, FieldProblem } from '../errors/index.ts'

/**
 * At most this many are reported: a client hardly corrects more at once, and without a limit the answer could get as
 * long as the body, and take as long to write.
 */
export const PROBLEMS_MAX = 20

/** What is wrong with the inputs of a request, gathered over all of its parts: the first 20. */
export interface Findings {
  readonly problems: FieldProblem[]
  /** The first code of its own that a schema asked for, as `params: { errorCode }` of a zod refinement. */
  code: ErrorCode | undefined
}

/** How a place is written: a JSON pointer into the body, or the name of a parameter or header. */
export type Place = (path: readonly PropertyKey[]) => string

export const isFull = ({ problems }: Findings): boolean => problems.length >= PROBLEMS_MAX

/** Adds a finding; beyond the limit it is left out. */
export function addProblem(findings: Findings, problem: FieldProblem): void {
  if (!isFull(findings)) findings.problems.push(problem)
}

/**
 * Ends the checks.
 * @throws TrickleError VALIDATION_FAILED, or the code that a schema asked for, with a problem for each place
 */
export function throwFindings(findings: Findings): void {
  const [first] = findings.problems
  if (first === undefined) return
  const others = findings.problems.length - 1
  const count = isFull(findings) ? `at least ${others}` : String(others)
  const more = others === 0 ? '' : ` (and ${count} more, see "errors")`
  throw new TrickleError(
    findings.code ?? 'VALIDATION_FAILED',
    `${first.pointer === '' ? 'The body' : first.pointer}: ${first.message}${more}`,
    { errors: findings.problems },
  )
}
