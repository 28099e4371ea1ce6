import type { TrickleError } from '../errors/index.ts'

/** Where the codes are explained; `docsRoutes` serves it. */
export const ERRORS_PAGE_PATH = '/api/docs/errors'

/** What identifies the occurrence that a problem document tells of. */
export interface Occurrence {
  /** Path of the request, without the query, which may hold data that must not get into a log. */
  readonly instance: string
  readonly traceId: string
}

/**
 * The RFC 9457 problem document of an error.
 *
 * `type` is a reference to the code's entry in this server's own error reference, which RFC 9457 §3.1.1 wants to be
 * readable; it resolves against the request's URL. `code` is the stable identifier: clients compare that. (A urn: would
 * lead to no page, and "trickle" is no registered URN namespace.)
 */
export function problemDocument(error: TrickleError, occurrence: Occurrence): Record<string, unknown> {
  return {
    // First, so that no extension can replace a standard member.
    ...error.extensions,
    type: `${ERRORS_PAGE_PATH}#${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    instance: occurrence.instance,
    code: error.code,
    traceId: occurrence.traceId,
    retryable: error.retryable,
    ...(error.errors.length > 0 ? { errors: error.errors } : {}),
  }
}

/** How long a client should wait if the error does not say so: most retryable failures are over within a second. */
const DEFAULT_RETRY_AFTER_SECONDS = '1'

/** Headers of an error's answer: its own, and Retry-After where RFC 9110 and RFC 6585 provide for it. */
export function problemHeaders(error: TrickleError): Record<string, string> {
  const isTemporary = error.retryable && (error.status === 503 || error.status === 429)
  return { ...(isTemporary ? { 'Retry-After': DEFAULT_RETRY_AFTER_SECONDS } : {}), ...error.headers }
}
