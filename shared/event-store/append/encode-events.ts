import { TrickleError } from '../../errors/index.ts'
import { jsonbBytes } from '../../json/index.ts'
import { utcTimeOf } from '../../time/index.ts'
import { Turns } from '../../turns/index.ts'
import { eventLimits } from '../limits.ts'
import { checkNames } from '../names.ts'
import type { NewEvent, StreamWrite } from '../types.ts'

/** The events of an append. */
export interface EncodedEvents {
  /** For each stream, each of its events as a JSON object. */
  readonly streams: readonly (readonly string[])[]
  /** The size of all events as they will be stored, with numbers written out. */
  readonly bytes: number
}

/**
 * Encodes the events in turns, so that an append of 8 MiB does not hold up other requests. JSON.stringify writes a
 * JSON.rawJSON value as its source, so numbers keep their digits.
 * @param ids of all events, in their order.
 * @throws TrickleError VALIDATION_FAILED (a stream without an event, two events with one id, a time that can't be
 *   kept), TOO_MANY_EVENTS, EVENT_TOO_LARGE, BODY_TOO_LARGE, NUMBER_NOT_EXACT.
 */
export async function encodeEvents(
  streams: readonly StreamWrite[],
  ids: readonly string[],
): Promise<EncodedEvents> {
  const events = streams.flatMap((stream) => stream.events)
  // For a stream without events, it would be unclear whether it exists.
  if (streams.some((stream) => stream.events.length === 0))
    throw new TrickleError('VALIDATION_FAILED', 'An append needs at least one event for each of its streams.')
  if (events.length > eventLimits.appendEventsMax) {
    throw new TrickleError(
      'TOO_MANY_EVENTS',
      `An append takes at most ${eventLimits.appendEventsMax} events; this one has ${events.length}. Split it.`,
    )
  }
  const pointerAt = (index: number): string => pointerOf(streams, index)
  refuseTwice(events, ids, pointerAt)
  let bytes = 0
  const texts: string[] = []
  const turns = new Turns()
  for (const [index, event] of events.entries()) {
    const { text, contentBytes, wholeBytes } = encodeEvent(event, ids[index] ?? '', pointerAt(index))
    if (contentBytes > eventLimits.eventBytesMax)
      throw eventTooLarge(`Event ${index + 1} of the append`, contentBytes, pointerAt(index))
    bytes += wholeBytes
    texts.push(text)
    const turn = turns.after(text.length)
    if (turn !== undefined) await turn
  }
  if (bytes > eventLimits.appendBytesMax) {
    throw new TrickleError(
      'BODY_TOO_LARGE',
      `The events of an append may have ${eventLimits.appendBytesMax} bytes together, as they are stored; these have ${bytes}. Split it.`,
    )
  }
  let start = 0
  return { streams: streams.map((stream) => texts.slice(start, (start += stream.events.length))), bytes }
}

/** The text of a JSON object with more members in front. The text is not parsed: it may hold a mebibyte of data. */
export const withMembers = (
  members: Readonly<Record<string, string | number | undefined>>,
  text: string,
): string => `${JSON.stringify(members).slice(0, -1)},${text.slice(1)}`

/** The JSON pointer to an event of the append in the request. */
function pointerOf(streams: readonly StreamWrite[], index: number): string {
  if (streams.length === 1) return `/events/${index}`
  let start = 0
  for (const [stream, { events }] of streams.entries()) {
    if (index < start + events.length) return `/streams/${stream}/events/${index - start}`
    start += events.length
  }
  return ''
}

/**
 * Checked here, since the database could only say that such an id exists. Another append could be the cause of that
 * too, so the append would be tried again without success.
 */
function refuseTwice(
  events: readonly NewEvent[],
  ids: readonly string[],
  pointerAt: (index: number) => string,
): void {
  const seen = new Set<string>()
  for (const [index, id] of ids.entries()) {
    const identity = JSON.stringify([events[index]?.source ?? '', id])
    if (seen.has(identity)) {
      throw new TrickleError(
        'VALIDATION_FAILED',
        `The id "${id}" stands in the append twice. An event id is unique within its source.`,
        { errors: [{ pointer: `${pointerAt(index)}/id`, message: 'stands in the append twice' }] },
      )
    }
    seen.add(identity)
  }
}

/** An event in the form of trickle_events_log.append, with its size when it is stored, read and forwarded. */
export interface EncodedEvent {
  readonly text: string
  /** Data and metadata, as the database prints them. */
  readonly contentBytes: number
  /** The same together with id, type and all other members. */
  readonly wholeBytes: number
}

/**
 * Encodes one event. Its time is converted to UTC, so that the database always gets a time in its range and form. An
 * empty metadata object is the same as none.
 *
 * The size of data and metadata is not the size of the text that came: the database writes numbers out (`1e308` has 309
 * digits). A small text could otherwise fill a page when it is read, or be set to null by ADX.
 * @param pointer where the event is in the request.
 * @throws TrickleError VALIDATION_FAILED for a time that can't be kept or a name that is too long, NUMBER_NOT_EXACT.
 */
export function encodeEvent(event: NewEvent, id: string, pointer: string): EncodedEvent {
  const { source, type, schemaVersion, time, data, metadata, correlationId, causationId } = event
  checkNames(event, id, pointer)
  const frame = JSON.stringify({
    id,
    source: source === '' ? undefined : source,
    type,
    schemaVersion,
    time: time === undefined ? undefined : utcTimeOf(time, `${pointer}/time`),
    correlationId,
    causationId,
  })
  const dataText = jsonText(data ?? null)
  const hasMetadata = metadata !== undefined && Object.keys(metadata).length > 0
  const metadataText = hasMetadata ? jsonText(metadata) : ''
  const contentBytes = jsonbBytes(dataText) + jsonbBytes(metadataText)
  return {
    text: `${frame.slice(0, -1)},"data":${dataText}${hasMetadata ? `,"metadata":${metadataText}` : ''}}`,
    contentBytes,
    wholeBytes: contentBytes + Buffer.byteLength(frame),
  }
}

/** JSON.stringify returns undefined for a function or an absent value, although its type says string. */
function jsonText(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  return text ?? 'null'
}

/** @param what names the event: `Event 3 of the append`. */
export const eventTooLarge = (what: string, contentBytes: number, pointer: string): TrickleError =>
  new TrickleError(
    'EVENT_TOO_LARGE',
    `${what} has ${contentBytes} bytes of data and metadata as they are stored, with numbers written out and a space after each : and ,; the limit is ${eventLimits.eventBytesMax}. Keep large content elsewhere and refer to it.`,
    { errors: [{ pointer, message: 'is too large' }] },
  )
