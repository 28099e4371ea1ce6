import { codeOfError, TrickleError } from '../errors/index.ts'
import { parseExactJson } from '../json/index.ts'
import { errorsOf } from './kernel-errors.ts'
import type { Reply } from './reply.ts'
import type { RouteFacts } from './route-types.ts'

/**
 * Compares a reply with what its route promises, so that the reference cannot drift from the code. For tests.
 * @throws Error saying what differs
 */
export function verifyReply(route: RouteFacts, given: Reply): void {
  const promised = route.responses[given.status]
  if (promised === undefined) {
    throw new Error(`${route.name} answered ${given.status}, which its responses do not list`)
  }
  const { content } = given
  if (promised.schema === undefined) {
    if (content.kind === 'json' || content.kind === 'jsonText') {
      throw new Error(`${route.name} answered ${given.status} with JSON, for which it has no schema`)
    }
    return
  }
  if (content.kind !== 'json' && content.kind !== 'jsonText') return
  // Checked as the client will read it: a Date is a string by then.
  const text = content.kind === 'json' ? JSON.stringify(content.value) : content.text
  const result = promised.schema.safeParse(parseExactJson(text))
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`)
    throw new Error(`${route.name} answered ${given.status} with another form: ${issues.join('; ')}`)
  }
}

/** The error itself where the route lists its code, else INTERNAL with the error as cause. For tests. */
export function verifyProblem(route: RouteFacts, error: TrickleError): TrickleError {
  if (route.isCatchAll || errorsOf(route).some((listed) => codeOfError(listed) === error.code)) return error
  return new TrickleError('INTERNAL', `${route.name} answered ${error.code}, which its errors do not list.`, {
    cause: error,
  })
}
