import { TrickleError } from '../../shared/errors/index.ts'
import { BATCH, fromCloudEvents, STRUCTURED } from '../../shared/event-form/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import type { RequestHeaders, Transformed } from '../../shared/http/index.ts'
import { jsonPointer, longPartOf } from '../../shared/json/index.ts'
import { fromEventHeaders, hasEventHeaders } from './cloud-event-headers.ts'

/**
 * Brings what a client may send to one stream into `{events: [...]}`: one event, many, CloudEvents in any of their
 * modes. Everything that comes after this (checks and fingerprint) sees one form.
 */
export function fromAppendBody(json: unknown, mediaType: string, headers: RequestHeaders): Transformed {
  if (mediaType === STRUCTURED || mediaType === BATCH) return fromCloudEvents(json, mediaType === BATCH)
  if (hasEventHeaders(headers)) return fromEventHeaders(json, headers)
  if (isObject(json) && isCopyable(json) && Object.hasOwn(json, 'events'))
    return { value: { ...json, events: settledAll(json['events']) }, pointerTo: jsonPointer }
  if (isObject(json) && Object.hasOwn(json, 'events')) return { value: json, pointerTo: jsonPointer }
  return { value: { events: [settled(json)] }, pointerTo: ([, , ...path]) => jsonPointer(path) }
}

/** More members than any valid form has; such an object is passed on unchanged and refused later. */
const MEMBERS_MAX = 100

const isCopyable = (value: object): boolean => (longPartOf(value)?.members ?? 0) <= MEMBERS_MAX

/** The same for the body of an append to several streams. */
export function fromAppendAllBody(json: unknown, _mediaType: string, headers: RequestHeaders): Transformed {
  if (hasEventHeaders(headers)) {
    throw new TrickleError(
      'VALIDATION_FAILED',
      'The request has headers of a CloudEvent (ce-...), which this route does not take. Send it to POST /api/streams/{streamId}/events.',
    )
  }
  refuseTooMany(json)
  // If only one stream is written, the store names an event by its place in that stream, without the stream.
  const pointerTo = (path: readonly PropertyKey[]): string =>
    jsonPointer(path[0] === 'events' ? ['streams', 0, ...path] : path)
  return { value: settledStreams(json), pointerTo }
}

/** @throws TrickleError TOO_MANY_EVENTS before any of them is looked at */
function refuseTooMany(json: unknown): void {
  const streams = listOf(json, 'streams')
  if (streams.length > eventLimits.appendStreamsMax) return
  const count = streams.reduce<number>((sum, stream) => sum + listOf(stream, 'events').length, 0)
  if (count <= eventLimits.appendEventsMax) return
  throw new TrickleError(
    'TOO_MANY_EVENTS',
    `An append takes at most ${eventLimits.appendEventsMax} events; this one has ${count} in all of its streams. Split it.`,
    { errors: [{ pointer: '/streams', message: `has ${count} events in all` }] },
  )
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return Array.isArray(list) ? list : []
}

function settledStreams(json: unknown): unknown {
  const streams = listOf(json, 'streams')
  const isUsual = streams.length > 0 && streams.length <= eventLimits.appendStreamsMax
  if (!isObject(json) || !isCopyable(json) || !isUsual) return json
  const settledOnes = streams.map((stream) => {
    if (!isObject(stream) || !isCopyable(stream)) return stream
    const { expected, ...rest } = stream
    return {
      ...rest,
      ...(expected === undefined || expected === 'any'
        ? {}
        : { expected: expected === 0 ? 'none' : expected }),
      ...(Object.hasOwn(stream, 'events') ? { events: settledAll(stream['events']) } : {}),
    }
  })
  return { ...json, streams: settledOnes }
}

function settledAll(events: unknown): unknown {
  return Array.isArray(events) && events.length <= eventLimits.appendEventsMax ? events.map(settled) : events
}

/**
 * Leaves out members that mean the same as their absence. Two spellings of one event are then one request under one
 * Idempotency-Key, just as they are one event under one id.
 */
function settled(event: unknown): unknown {
  // An event that will be refused for its size is not copied.
  if (!isObject(event) || !isCopyable(event) || !saysMoreThanNeeded(event)) return event
  const { metadata, source, schemaVersion, ...rest } = event
  return {
    ...rest,
    ...(metadata === undefined || isEmptyObject(metadata) ? {} : { metadata }),
    ...(source === undefined || source === '' ? {} : { source }),
    ...(schemaVersion === undefined || schemaVersion === 1 ? {} : { schemaVersion }),
  }
}

const saysMoreThanNeeded = ({
  metadata,
  source,
  schemaVersion,
}: Readonly<Record<string, unknown>>): boolean =>
  source === '' || schemaVersion === 1 || isEmptyObject(metadata)

const isEmptyObject = (value: unknown): boolean =>
  isObject(value) && isCopyable(value) && Object.keys(value).length === 0

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
