import { TrickleError } from '../errors/index.ts'
import { preferredMediaType } from './accept.ts'
import type { RouteFacts } from './route-types.ts'
import type { RequestHeaders } from './incoming-request.ts'

const EVENT_STREAM = 'text/event-stream'

/** The media types in which a route answers. */
export function answerTypesOf({ responses }: RouteFacts): string[] {
  const types = Object.values(responses).flatMap(({ mediaType, schema, alternatives = {} }) => [
    ...(mediaType === undefined && schema === undefined ? [] : [mediaType ?? 'application/json']),
    ...Object.keys(alternatives),
  ])
  return [...new Set(types)]
}

/**
 * Refuses a client that can read server-sent events and nothing else where there are none: an EventSource takes JSON for
 * a broken connection and comes back again and again, or waits for events that never come. Every other client gets what
 * there is, whatever its Accept says, as RFC 9110 §12.5.1 allows.
 * @throws TrickleError NOT_ACCEPTABLE
 */
export function checkAccept(headers: RequestHeaders, answerTypes: readonly string[]): void {
  const accept = headers.get('accept')
  if (accept === null || !/text\/event-stream/i.test(accept) || answerTypes.includes(EVENT_STREAM)) return
  const [first = 'application/json', ...others] = answerTypes
  if (preferredMediaType(accept, [first, ...others, 'application/problem+json']) !== null) return
  if (preferredMediaType(accept, [EVENT_STREAM]) === null) return
  throw new TrickleError(
    'NOT_ACCEPTABLE',
    `There are no server-sent events here; the answer is ${[first, ...others].join(' or ')}. They are to be had at GET /api/events, where they are switched on.`,
  )
}
