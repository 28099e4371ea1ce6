import { errorCatalogue } from './catalogue.ts'
import { codeOfError } from './define-errors.ts'
import type { AnyError, AnyErrorCode, ErrorFacts } from './define-errors.ts'

/** One place in the request that is wrong: an RFC 6901 pointer into the body, or the name of a header or parameter. */
export interface FieldProblem {
  readonly pointer: string
  readonly message: string
}

export interface TrickleErrorOptions {
  readonly cause?: unknown
  /** Fields of the problem document beside the standard ones, such as the current version of a stream. */
  readonly extensions?: Readonly<Record<string, unknown>>
  /** Response headers that belong to the error, such as ETag or Retry-After. */
  readonly headers?: Readonly<Record<string, string>>
  readonly errors?: readonly FieldProblem[]
}

/** The only error that leaves a capability. `code` decides `status`, `title` and `retryable`; `detail` says what, where and how to mend it. */
export class TrickleError extends Error {
  override readonly name = 'TrickleError'
  readonly code: AnyErrorCode
  readonly status: number
  readonly title: string
  readonly retryable: boolean
  readonly detail: string
  readonly extensions: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly errors: readonly FieldProblem[]

  /**
   * @param error a code of the catalogue, a kind that a context has defined, or an error whose code the new one takes
   *   over
   */
  constructor(error: AnyError | ErrorFacts, detail: string, options: TrickleErrorOptions = {}) {
    const code = codeOfError(error)
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause })
    const known = typeof error === 'string' ? errorCatalogue[error] : error
    this.code = code
    this.status = known.status
    this.title = known.title
    this.retryable = known.retryable
    this.detail = detail
    this.extensions = options.extensions ?? {}
    this.headers = options.headers ?? {}
    this.errors = options.errors ?? []
  }
}

/** True for our own errors, also when two bundles hold a copy of the class each (`instanceof` fails there). */
export function isTrickleError(error: unknown): error is TrickleError {
  return error instanceof Error && error.name === 'TrickleError' && 'code' in error
}

/** Makes any thrown value a TrickleError; what is not ours becomes INTERNAL, its text kept in `cause` and away from the client. */
export function asTrickleError(error: unknown): TrickleError {
  if (isTrickleError(error)) return error
  return new TrickleError('INTERNAL', 'An unexpected error occurred. The trace id leads to its log entry.', {
    cause: error,
  })
}
