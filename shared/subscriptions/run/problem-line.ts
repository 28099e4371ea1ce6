import { isTrickleError } from '../../errors/index.ts'
import { codeOf } from '../../postgres/index.ts'
import { frameOfCode } from './frame-of-code.ts'
import type { SubscriptionProblem } from './member-run.ts'
import { messageOf } from './put-off.ts'

/**
 * One line about a failed attempt: the event, what is done about it, the cause with its code and the place in the code,
 * and the trace of the request that appended the event.
 */
export function problemLine({ subscription, event, attempt, action, error }: SubscriptionProblem): string {
  const { streamId, version, type, tenantId, traceId } = event
  const message = messageOf(error)
  const code = codeOfCause(error)
  const place = frameOfCode(error)
  return [
    `${subscription}: ${type}, version ${version} of stream ${streamId} of tenant ${tenantId}, attempt ${attempt}, `,
    `${actions[action]}: ${message}`,
    code === '' || message.startsWith(code) ? '' : ` (${code})`,
    place === null ? '' : ` at ${place}`,
    traceId === null ? '' : `, trace ${traceId}`,
  ].join('')
}

const actions: Readonly<Record<SubscriptionProblem['action'], string>> = {
  retry: 'tried again',
  later: 'put off',
  parked: 'parked',
  stopped: 'subscription stopped',
  split: 'first of several, which are tried in parts',
}

/** The code of the error whose message is told: the cause of INTERNAL. */
function codeOfCause(error: unknown): string {
  const isWrapped = isTrickleError(error) && error.code === 'INTERNAL' && error.cause instanceof Error
  return codeOf(isWrapped ? error.cause : error)
}
