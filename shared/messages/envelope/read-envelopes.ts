import type { z } from 'zod'
import { TrickleError } from '../../errors/index.ts'
import { expectationOf } from '../../event-form/index.ts'
import { eventLimits } from '../../event-store/index.ts'
import { checkPart, throwFindings } from '../../http/index.ts'
import type { Findings } from '../../http/index.ts'
import { decodeUtf8, jsonPointer, parseExactJsonInTurns } from '../../json/index.ts'
import { cloudEventEnvelopes } from './cloud-event-envelopes.ts'
import type { Envelope } from './envelope.ts'
import { fingerprintOf } from './fingerprint.ts'
import { listSchema, singleSchema, traceOf } from './schema.ts'

/** An append of the largest size and the JSON around it, as by HTTP. */
const MESSAGE_BYTES_MAX = eventLimits.appendBytesMax + 1_048_576

/**
 * Reads the body of a message: an envelope, a CloudEvent or a JSON array of CloudEvents. Which of them it is, the body
 * itself says: in a batch the host does not tell the content type of each message. Numbers keep their exact value.
 * @returns one envelope for each event of a batch, else one
 * @throws TrickleError MALFORMED_JSON, JSON_TOO_DEEP, NUMBER_NOT_EXACT, INVALID_TEXT, BODY_TOO_LARGE,
 *   VALIDATION_FAILED, INVALID_STREAM_ID, EVENT_TOO_LARGE, BINARY_DATA_UNSUPPORTED.
 */
export async function readEnvelopes(body: Uint8Array): Promise<readonly Envelope[]> {
  if (body.length > MESSAGE_BYTES_MAX) {
    throw new TrickleError('BODY_TOO_LARGE', `A message has at most ${MESSAGE_BYTES_MAX} bytes.`)
  }
  const text = decodeUtf8(body)
  const json = await parseExactJsonInTurns(text, { maxDepth: eventLimits.jsonDepthMax })
  if (Array.isArray(json) || hasMember(json, 'specversion')) return cloudEventEnvelopes(json, text.length)
  return [hasMember(json, 'events') ? listOf(json, text.length) : singleOf(json, text.length)]
}

function singleOf(json: unknown, characters: number): Envelope {
  const envelope = checked(singleSchema, json, characters)
  const {
    tenant,
    traceparent,
    streamId = null,
    expected,
    streamType,
    reservations,
    releases,
    ...event
  } = envelope
  const said = { streamId, expected, streamType, reservations, releases, event }
  return {
    tenant,
    id: event.id,
    source: event.source ?? '',
    streamId,
    streamType,
    expected: expectationOf(expected),
    reservations,
    releases,
    events: [event],
    isList: false,
    trace: traceOf(traceparent ?? null),
    fingerprint: fingerprintOf(said),
    pointer: '',
  }
}

function listOf(json: unknown, characters: number): Envelope {
  const envelope = checked(listSchema, json, characters)
  const { tenant, id, traceparent, streamId, expected, events, ...names } = envelope
  const [first, ...others] = events
  if (first === undefined) throw new TrickleError('VALIDATION_FAILED', '/events: must not be empty')
  return {
    tenant,
    id,
    source: '',
    streamId,
    streamType: names.streamType,
    expected: expectationOf(expected),
    reservations: names.reservations,
    releases: names.releases,
    events: [first, ...others],
    isList: true,
    trace: traceOf(traceparent ?? null),
    fingerprint: fingerprintOf({ streamId, expected, ...names, events }),
    pointer: '',
  }
}

function checked<S extends z.ZodType>(schema: S, json: unknown, characters: number): z.output<S> {
  const findings: Findings = { problems: [], code: undefined }
  const envelope = checkPart(schema, json, jsonPointer, findings, characters)
  throwFindings(findings)
  if (envelope === undefined) throw new TrickleError('VALIDATION_FAILED', 'The message has another form.')
  return envelope
}

const hasMember = (json: unknown, name: string): boolean =>
  typeof json === 'object' && json !== null && Object.hasOwn(json, name)
