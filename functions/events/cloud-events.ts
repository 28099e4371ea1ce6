import { TrickleError } from '../../shared/errors/index.ts'

export const STRUCTURED = 'application/cloudevents+json'
export const BATCH = 'application/cloudevents-batch+json'

/** Attributes of CloudEvents 1.0 that have a place of their own in an event; all others go to its metadata. */
const OWN = new Set(['specversion', 'id', 'source', 'type', 'time', 'data'])

/**
 * Brings CloudEvents (JSON format 1.0.2, structured and batch) into the form of an append. Attributes and extensions
 * beyond id, source, type, time and data become metadata under their names; `traceparent` stays one of them, since the
 * trace that is stored apart is that of the request.
 * @throws TrickleError BINARY_DATA_UNSUPPORTED for data_base64, VALIDATION_FAILED for what is no CloudEvent.
 */
export function fromCloudEvents(json: unknown, mediaType: string): unknown {
  if (mediaType === STRUCTURED) return { events: [fromCloudEvent(json, '')] }
  if (mediaType !== BATCH) return json
  if (!Array.isArray(json)) throw invalid('', 'a batch of CloudEvents is a JSON array')
  return { events: json.map((event, index) => fromCloudEvent(event, `/${index}`)) }
}

function fromCloudEvent(event: unknown, pointer: string): Record<string, unknown> {
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw invalid(pointer, 'a CloudEvent is a JSON object')
  const attributes = event as Readonly<Record<string, unknown>>
  if ('data_base64' in attributes) {
    throw new TrickleError(
      'BINARY_DATA_UNSUPPORTED',
      'data_base64 is not supported: send JSON data, or keep the bytes elsewhere and refer to them.',
      {
        errors: [{ pointer: `${pointer}/data_base64`, message: 'is not supported' }],
      },
    )
  }
  if (attributes['specversion'] !== '1.0') throw invalid(`${pointer}/specversion`, 'must be "1.0"')
  for (const name of ['id', 'source', 'type']) {
    if (typeof attributes[name] !== 'string' || attributes[name] === '')
      throw invalid(`${pointer}/${name}`, 'must be a non-empty string')
  }
  const metadata = Object.fromEntries(Object.entries(attributes).filter(([name]) => !OWN.has(name)))
  return {
    id: attributes['id'],
    source: attributes['source'],
    type: attributes['type'],
    ...(attributes['time'] === undefined ? {} : { time: attributes['time'] }),
    data: attributes['data'] ?? null,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  }
}

const invalid = (pointer: string, message: string): TrickleError =>
  new TrickleError('VALIDATION_FAILED', `${pointer === '' ? 'The body' : pointer}: ${message}`, {
    errors: [{ pointer, message }],
  })
