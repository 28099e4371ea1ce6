import { TrickleError } from '../errors/index.ts'
import { eventLimits } from '../event-store/index.ts'
import { addProblem, isFull, throwFindings } from '../http/index.ts'
import type { Findings, Transformed } from '../http/index.ts'
import { jsonPointer } from '../json/index.ts'
import { attributeFault, nameFault, REQUIRED_ATTRIBUTES } from './cloud-event-attributes.ts'
import { TOO_LARGE_MESSAGE, isTooLong } from './event-size.ts'
import { TOO_MANY_EVENTS_MESSAGE } from './event-schema.ts'

export const STRUCTURED = 'application/cloudevents+json'
export const BATCH = 'application/cloudevents-batch+json'

/** Attributes of CloudEvents 1.0 that have a place of their own in an event; all others go to its metadata. */
const OWN: ReadonlySet<string> = new Set(['specversion', 'id', 'source', 'type', 'time', 'data'])

type Path = readonly PropertyKey[]

/**
 * Converts CloudEvents (JSON format 1.0.2, one event or a batch) to the events of an append. All attributes but id,
 * source, type, time and data become metadata under the same names. `traceparent` is metadata, too: the trace that an
 * event is stored with is the one of the request. An attribute that is null counts as missing, as the format demands;
 * `data: null` is data.
 * @throws TrickleError BINARY_DATA_UNSUPPORTED for data_base64, EVENT_TOO_LARGE, VALIDATION_FAILED if it is no CloudEvent.
 */
export function fromCloudEvents(json: unknown, isBatch: boolean): Transformed {
  const findings: Findings = { problems: [], code: undefined }
  const events: unknown[] = []
  if (!isBatch) events.push(fromCloudEvent(json, [], findings))
  else if (!Array.isArray(json)) {
    addProblem(findings, { pointer: '', message: 'a batch of CloudEvents is a JSON array' })
  } else if (json.length > eventLimits.appendEventsMax) {
    addProblem(findings, { pointer: '', message: TOO_MANY_EVENTS_MESSAGE })
  } else {
    for (const [index, event] of json.entries()) {
      events.push(fromCloudEvent(event, [index], findings))
      if (isFull(findings)) break
    }
  }
  throwFindings(findings)
  return {
    value: { events },
    pointerTo: ([, index, ...rest]) =>
      jsonPointer([...(isBatch ? partOf(index) : []), ...attributePath(rest)]),
  }
}

const partOf = (part: PropertyKey | undefined): Path => (part === undefined ? [] : [part])

/** The members of metadata were attributes, which stand beside the others in a CloudEvent. */
const attributePath = (path: Path): Path => (path[0] === 'metadata' ? path.slice(1) : path)

function fromCloudEvent(event: unknown, place: Path, findings: Findings): unknown {
  const pointer = jsonPointer(place)
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    addProblem(findings, { pointer, message: 'a CloudEvent is a JSON object' })
    return undefined
  }
  if (isTooLong(event))
    throw new TrickleError('EVENT_TOO_LARGE', TOO_LARGE_MESSAGE, {
      errors: [{ pointer, message: 'is too large' }],
    })
  const members = event as Readonly<Record<string, unknown>>
  if ((members['data_base64'] ?? null) !== null) throw binaryData(jsonPointer([...place, 'data_base64']))
  return fromAttributes(members, (name) => jsonPointer([...place, name]), findings)
}

/** The event that attributes and `data` make; what is wrong with them goes to the findings. */
export function fromAttributes(
  members: Readonly<Record<string, unknown>>,
  pointerTo: (name: string) => string,
  findings: Findings,
): unknown {
  const event: Record<string, unknown> = { data: members['data'] ?? null }
  const metadata: Record<string, unknown> = {}
  for (const name of REQUIRED_ATTRIBUTES) {
    if ((members[name] ?? null) === null)
      addProblem(findings, { pointer: pointerTo(name), message: 'is required of a CloudEvent' })
  }
  for (const [name, value] of Object.entries(members)) {
    if (name === 'data' || name === 'data_base64') continue
    if (isFull(findings)) break
    // Null counts as absent, but an invalid name is reported all the same.
    const message = value === null ? nameFault(name) : attributeFault(name, value)
    if (message !== undefined) addProblem(findings, { pointer: pointerTo(name), message })
    if (value === null || name === 'specversion') continue
    if (OWN.has(name)) event[name] = value
    else metadata[name] = value
  }
  return Object.keys(metadata).length === 0 ? event : { ...event, metadata }
}

const binaryData = (pointer: string): TrickleError =>
  new TrickleError(
    'BINARY_DATA_UNSUPPORTED',
    'data_base64 is not supported: send JSON data, or keep the bytes elsewhere and refer to them.',
    { errors: [{ pointer, message: 'is not supported' }] },
  )
