import { asTrickleError } from '../../errors/index.ts'
import type { TrickleError } from '../../errors/index.ts'

/** What became of a message. */
export type Outcome =
  | { readonly kind: 'done' }
  /** It can never be handled as it is. */
  | { readonly kind: 'parked'; readonly error: TrickleError; readonly tenantId: string | null }
  /** It may be handled later: it goes back to its queue. */
  | { readonly kind: 'again'; readonly error: TrickleError }

/**
 * Thrown by a handler for a refusal that an earlier message may lift when it comes, such as a stream that is not yet at
 * the expected version. Such a message is tried again a few times before it is parked.
 */
export class MayPassLater extends Error {
  override readonly name = 'MayPassLater'
  readonly refusal: TrickleError

  constructor(refusal: TrickleError) {
    super(refusal.message, { cause: refusal })
    this.refusal = refusal
  }
}

/**
 * Attempts after which a message is parked though it might be handled later: a refusal that nothing has lifted, or a
 * fault of our own that comes again each time. An abandoned message comes again at once, so these pass quickly.
 */
const UNCERTAIN_ATTEMPTS_MAX = 10

/**
 * @param attempt counts an attempt that failed so, and tells how many there were; asked only then
 * @param tenantId null where no tenant could be resolved
 */
export function outcomeOf(failure: unknown, attempt: () => number, tenantId: string | null): Outcome {
  const error = failure instanceof MayPassLater ? failure.refusal : asTrickleError(failure)
  const isUncertain = failure instanceof MayPassLater || (!error.retryable && error.status >= 500)
  // A fault of the configuration is none of the message.
  const comesAgain =
    error.retryable ||
    error.code === 'CONFIGURATION_INVALID' ||
    (isUncertain && attempt() < UNCERTAIN_ATTEMPTS_MAX)
  return comesAgain ? { kind: 'again', error } : { kind: 'parked', error, tenantId }
}
