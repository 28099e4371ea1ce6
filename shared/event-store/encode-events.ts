import { TrickleError } from '../errors/index.ts'
import { Turns } from '../turns/index.ts'
import { eventLimits } from './limits.ts'
import type { NewEvent, StreamWrite } from './types.ts'

/** The events of an append, each as a JSON object without the number of its stream, stream by stream. */
export interface EncodedEvents {
  readonly texts: readonly string[]
  /** How many of them each written stream gets. */
  readonly counts: readonly number[]
  readonly bytes: number
}

/**
 * In turns, since an append may hold 8 MiB. JSON.stringify writes a JSON.rawJSON value as its source, so numbers keep their digits.
 * @param ids of all events, in their order.
 * @throws TrickleError VALIDATION_FAILED (a stream without an event, or two events with one id), TOO_MANY_EVENTS,
 *   EVENT_TOO_LARGE, BODY_TOO_LARGE.
 */
export async function encodeEvents(
  streams: readonly StreamWrite[],
  ids: readonly string[],
): Promise<EncodedEvents> {
  const events = streams.flatMap((stream) => stream.events)
  // A stream without events would be neither there nor not there.
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
    const text = encodeEvent(event, ids[index] ?? '')
    const eventBytes = Buffer.byteLength(text)
    if (eventBytes > eventLimits.eventBytesMax + FRAME_BYTES)
      throw tooLarge(pointerAt(index), index, eventBytes)
    bytes += eventBytes
    texts.push(text)
    const turn = turns.after(text.length)
    if (turn !== undefined) await turn
  }
  if (bytes > eventLimits.appendBytesMax) {
    throw new TrickleError(
      'BODY_TOO_LARGE',
      `The events of an append may have ${eventLimits.appendBytesMax} bytes together; these have ${bytes}. Split it.`,
    )
  }
  return { texts, counts: streams.map((stream) => stream.events.length), bytes }
}

/** The one JSON array that the database unfolds: a fifth less work on both sides than an array parameter for each column. */
export function eventsJson({ texts, counts }: EncodedEvents): string {
  const framed: string[] = []
  let index = 0
  for (const [stream, count] of counts.entries()) {
    for (const end = index + count; index < end; index += 1)
      framed.push(`{"s":${stream + 1},${(texts[index] ?? '').slice(1)}`)
  }
  return `[${framed.join(',')}]`
}

/** Where an event of the append stands in the request. */
function pointerOf(streams: readonly StreamWrite[], index: number): string {
  if (streams.length === 1) return `/events/${index}`
  let start = 0
  for (const [stream, { events }] of streams.entries()) {
    if (index < start + events.length) return `/streams/${stream}/events/${index - start}`
    start += events.length
  }
  return ''
}

/** The database could only say that such an id exists, which a twin may have caused too; trying again would not help. */
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

/** Ids, type and member names around data and metadata do not count towards the limit of an event; they fit in this. */
const FRAME_BYTES = 4_096

/** One event in the form of trickle_events_log.append. An empty metadata object is the same as none. */
export function encodeEvent(event: NewEvent, id: string): string {
  const { source, type, schemaVersion, time, data, metadata, correlationId, causationId } = event
  const hasMetadata = metadata !== undefined && Object.keys(metadata).length > 0
  return JSON.stringify({
    id,
    source: source === '' ? undefined : source,
    type,
    schemaVersion,
    time,
    data: data ?? null,
    metadata: hasMetadata ? metadata : undefined,
    correlationId,
    causationId,
  })
}

const tooLarge = (pointer: string, index: number, eventBytes: number): TrickleError =>
  new TrickleError(
    'EVENT_TOO_LARGE',
    `Event ${index + 1} of the append has ${eventBytes} bytes; the limit is ${eventLimits.eventBytesMax}. Keep large content elsewhere and refer to it.`,
    { errors: [{ pointer, message: 'is too large' }] },
  )
