import { TrickleError } from '../../shared/errors/index.ts'
import { preferredMediaType } from '../../shared/http/index.ts'

export const JSON_TYPE = 'application/json'
export const NDJSON_TYPE = 'application/x-ndjson'
export const EVENT_STREAM_TYPE = 'text/event-stream'

/**
 * In which form a read is answered. As on every other route an Accept that names nothing we have is no reason to
 * refuse: such a client gets JSON.
 */
export function pagesForm(accept: string | null): typeof JSON_TYPE | typeof NDJSON_TYPE {
  return preferredMediaType(accept, [JSON_TYPE, NDJSON_TYPE]) ?? JSON_TYPE
}

/**
 * As pagesForm, with server-sent events where they are on. An EventSource can do nothing with JSON, so it is refused
 * where they are off.
 * @throws TrickleError NOT_ACCEPTABLE
 */
export function feedForm(
  accept: string | null,
  isLive: boolean,
): typeof JSON_TYPE | typeof NDJSON_TYPE | typeof EVENT_STREAM_TYPE {
  if (isLive) return preferredMediaType(accept, [JSON_TYPE, NDJSON_TYPE, EVENT_STREAM_TYPE]) ?? JSON_TYPE
  const form = preferredMediaType(accept, [JSON_TYPE, NDJSON_TYPE])
  if (form === null && preferredMediaType(accept, [EVENT_STREAM_TYPE]) !== null) {
    throw new TrickleError(
      'NOT_ACCEPTABLE',
      'Server-sent events are switched off here (TRICKLE_EVENTS_SSE_VIEWERS_MAX is 0). Follow the feed with `wait`, as application/json.',
    )
  }
  return form ?? JSON_TYPE
}
