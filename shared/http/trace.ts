import type { Invocation, RequestHeaders } from './incoming-request.ts'

/** W3C trace context as the client sent it, in the form in which it can be stored and passed on. */
export interface ClientTrace {
  readonly traceParent: string
  readonly traceState: string | null
}

/** https://www.w3.org/TR/trace-context-1/#traceparent-header: version, trace id, parent id, flags; later versions may add more. */
const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const ALL_ZEROS = /^0+$/
/**
 * The standard wants at least this much to be passed on. A longer value is dropped: it would be stored with every
 * event.
 */
const TRACE_STATE_CHARACTERS_MAX = 512
const TRACE_STATE = /^[\x20-\x7e]+$/

/** Reads the client's own trace headers. Invalid ones count as absent, as the standard demands: no request fails for its trace. */
export function readClientTrace(headers: Pick<RequestHeaders, 'get'>): ClientTrace | null {
  const match = TRACE_PARENT.exec(headers.get('traceparent') ?? '')
  if (match === null) return null
  const [, version = '', traceId = '', parentId = '', flags = '', rest] = match
  const isValid =
    version !== 'ff' &&
    !ALL_ZEROS.test(traceId) &&
    !ALL_ZEROS.test(parentId) &&
    (version !== '00' || rest === undefined)
  if (!isValid) return null
  const traceState = headers.get('tracestate') ?? ''
  const isKept = traceState.length <= TRACE_STATE_CHARACTERS_MAX && TRACE_STATE.test(traceState)
  return { traceParent: `00-${traceId}-${parentId}-${flags}`, traceState: isKept ? traceState : null }
}

/** The trace id under which the platform logs this invocation; its invocation id where the platform gives none. */
export function traceIdOf(invocation: Invocation): string {
  const match = TRACE_PARENT.exec(invocation.traceContext?.traceParent ?? '')
  return match?.[2] ?? invocation.invocationId.replaceAll('-', '')
}
