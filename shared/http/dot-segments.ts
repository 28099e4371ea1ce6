import { TrickleError } from '../errors/index.ts'
import type { RequestHeaders } from './incoming-request.ts'

/** Azure's front end passes the path on in this header as it arrived, before anything is decoded or resolved. */
const RAW_PATH_HEADER = 'x-waws-unencoded-url'

/** A segment that is `.` or `..`, with any of its dots percent-encoded. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=\/|$)/i

/**
 * Refuses a path with a step such as `/..` or `/%2e%2e`. Every server on the way resolves it before routing, so a stream
 * that somebody named `..` would be answered with another route: `/api/streams/%2e%2e/events` is `/api/events` by then.
 * If a client itself resolves the step, as most do, the server cannot see it.
 * @throws TrickleError VALIDATION_FAILED
 */
export function refuseDotSegments(headers: RequestHeaders): void {
  const [path = ''] = (headers.get(RAW_PATH_HEADER) ?? '').split('?', 1)
  if (!DOT_SEGMENT.test(path)) return
  throw new TrickleError(
    'VALIDATION_FAILED',
    'The path holds a segment "." or "..", plain or percent-encoded. It would lead to another route, and no id has this form.',
  )
}
