import { TrickleError } from '../../errors/index.ts'
import { eventSchema, fromCloudEvents, streamIdSchema } from '../../event-form/index.ts'
import { addProblem, checkPart, throwFindings } from '../../http/index.ts'
import type { Findings } from '../../http/index.ts'
import type { NewEvent } from '../../event-store/index.ts'
import type { Envelope } from './envelope.ts'
import { fingerprintOf } from './fingerprint.ts'
import { tenantSchema, traceOf } from './schema.ts'

type Attributes = Readonly<Record<string, unknown>>

/**
 * The envelopes of one CloudEvent or of a batch. The extension `tenant` names the tenant; the stream is the extension
 * `streamid` or, without it, `subject`. These two extensions are the address and no part of the event; `traceparent` is
 * the event's trace. All other attributes are kept as by HTTP.
 * @throws TrickleError as readEnvelopes.
 */
export function cloudEventEnvelopes(json: unknown, characters: number): readonly Envelope[] {
  const isBatch = Array.isArray(json)
  const { value, pointerTo } = fromCloudEvents(json, isBatch)
  const { events } = value as { readonly events: readonly Attributes[] }
  if (events.length === 0) throw new TrickleError('VALIDATION_FAILED', 'The batch holds no CloudEvent.')
  const findings: Findings = { problems: [], code: undefined }
  const envelopes = events.map((event, index) =>
    envelopeOf(event, {
      findings,
      characters,
      pointerTo: (path) => pointerTo(['events', index, ...path]),
      pointer: isBatch ? `/${index}` : '',
    }),
  )
  throwFindings(findings)
  return envelopes.filter((envelope) => envelope !== undefined)
}

interface Reading {
  readonly findings: Findings
  readonly characters: number
  readonly pointerTo: (path: readonly PropertyKey[]) => string
  readonly pointer: string
}

function envelopeOf(given: Attributes, reading: Reading): Envelope | undefined {
  const { findings, characters, pointerTo, pointer } = reading
  const { tenant: tenantName, streamid, traceparent, ...kept } = attributesOf(given)
  const trace = typeof traceparent === 'string' ? traceOf(traceparent) : null
  // A trace that is none stays where it would be by HTTP: no event fails for its trace.
  const metadata = trace === null && traceparent !== undefined ? { ...kept, traceparent } : kept
  const { metadata: _before, ...rest } = given
  const event = checkPart(
    eventSchema,
    Object.keys(metadata).length === 0 ? rest : { ...rest, metadata },
    pointerTo,
    findings,
    characters,
  )
  if (tenantName === undefined) {
    addProblem(findings, {
      pointer: pointerTo(['tenant']),
      message: 'is required: the extension that names the tenant',
    })
  }
  const tenant = checkPart(tenantSchema, tenantName ?? '-', () => pointerTo(['tenant']), findings, 0)
  const stream = streamid ?? kept['subject']
  const member = streamid === undefined ? 'subject' : 'streamid'
  const streamId =
    stream === undefined ? null : checkPart(streamIdSchema, stream, () => pointerTo([member]), findings, 0)
  if (event === undefined || tenant === undefined || streamId === undefined) return undefined
  return { ...plain, tenant, streamId, pointer, trace, ...identityOf(event), ...contentOf(streamId, event) }
}

const attributesOf = ({ metadata }: Attributes): Attributes =>
  typeof metadata === 'object' && metadata !== null ? { ...metadata } : {}

const identityOf = ({ id = '', source = '' }: NewEvent): Pick<Envelope, 'id' | 'source'> => ({ id, source })

const contentOf = (streamId: string | null, event: NewEvent): Pick<Envelope, 'events' | 'fingerprint'> => ({
  events: [event],
  fingerprint: fingerprintOf({ streamId, event }),
})

/** A CloudEvent has no conditions and no names. */
const plain = {
  streamType: undefined,
  expected: { mode: 'any' },
  reservations: undefined,
  releases: undefined,
  isList: false,
} as const
