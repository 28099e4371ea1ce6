/** Errors of the SDK, told by their codes. The SDK itself is not loaded here. */
import { isTrickleError, TrickleError } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'

export interface Failure {
  readonly error: TrickleError
  /**
   * Whether the client may be of no use any more: after a lost connection the SDK can wait a minute before it makes
   * another one.
   */
  readonly isConnectionLost: boolean
}

/**
 * What an error of the SDK means.
 * @param setting the name of the connection's settings, for whoever has to mend it
 */
export function failureOf(error: unknown, queue: string, setting: string): Failure {
  if (isTrickleError(error)) return { error, isConnectionLost: error.code === 'SERVICE_BUS_UNAVAILABLE' }
  const told = isRefused(error) ? refusedAs(queue, error) : toldOf(codeOf(error), queue, setting)
  if (told !== undefined)
    return { error: new TrickleError(told.code, told.detail, { cause: error }), isConnectionLost: false }
  return { error: unavailable(`${queue}: ${firstLineOf(error)}`, error), isConnectionLost: true }
}

export const unavailable = (what: string, cause?: unknown): TrickleError =>
  new TrickleError(
    'SERVICE_BUS_UNAVAILABLE',
    `Service Bus could not be used. It is worth trying again. ${what}`,
    { cause },
  )

interface Told {
  readonly code: ErrorCode
  readonly detail: string
}

/** The SDK has no code for what the service does not allow; its message begins with the name of the condition. */
const isRefused = (error: unknown): boolean =>
  error instanceof Error &&
  /^(?:InvalidOperationError|ArgumentError|ArgumentOutOfRangeError):/u.test(error.message)

const refusedAs = (queue: string, error: unknown): Told => ({
  code: 'VALIDATION_FAILED',
  detail: `Service Bus does not take the message for ${queue}. ${firstLineOf(error)}`,
})

/** What is certain, and would be the same with another client. */
function toldOf(code: string, queue: string, setting: string): Told | undefined {
  switch (code) {
    case 'MessagingEntityNotFound':
    case 'MessagingEntityDisabled':
      return {
        code: 'CONFIGURATION_INVALID',
        detail: `Service Bus has no queue ${queue}, or it is disabled. Queues are made from infra/service-bus/queues.json: deploy again, or start the local run again.`,
      }
    case 'UnauthorizedAccess':
      return {
        code: 'CONFIGURATION_INVALID',
        detail: `Service Bus refuses access to ${queue}. Its right for this identity is missing, or ${setting} names another identity or key. Who may use a queue: docs/azure/queues.md.`,
      }
    case 'MessageSizeExceeded':
      return {
        code: 'MESSAGE_TOO_LARGE',
        detail: `The message, or the messages that are sent at once, are larger than ${queue} takes (256 kB in the tier Standard). Send less.`,
      }
    case 'MessageLockLost':
    case 'SessionLockLost':
    case 'MessageNotFound':
      return {
        code: 'MESSAGE_LOCK_LOST',
        detail: `The lock of a message of ${queue} has ended. It is in the queue again, or somebody else has settled it.`,
      }
    case 'QuotaExceeded':
    case 'ServiceBusy':
      return {
        code: 'SERVICE_BUS_UNAVAILABLE',
        detail: `${queue} takes no more messages now: it is full, or the service is busy. Try again later.`,
      }
    default:
      return undefined
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** The SDK's messages may have several lines; the first one says what happened. */
const firstLineOf = (error: unknown): string =>
  (error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)).slice(0, 300)
