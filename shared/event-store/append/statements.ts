import {
  columns,
  json,
  oneOf,
  orElse,
  orNull,
  text,
  type RowOf,
  type Statement,
} from '../../postgres/index.ts'
import { APPENDED, BATCH_APPENDED } from './answer.ts'
import { eventsJson, type EncodedEvents } from './encode-events.ts'

/** One append, in the form of the database's functions. */
export interface AppendParameters {
  readonly tenantId: string
  /** The written streams, then those that only a condition names. */
  readonly streamIds: readonly string[]
  readonly streamTypes: readonly (string | null)[]
  /** n exactly (0 = no stream), -1 any, -2 some. */
  readonly expected: readonly number[]
  /** How many of the streams are written; the others are conditions. */
  readonly written: number
  readonly events: EncodedEvents
  /** True when the caller chose an id, so that the events may be there already. */
  readonly mayBeKnown: boolean
  readonly traceParent: string | null
  readonly traceState: string | null
  readonly key: string | null
  readonly fingerprint: Buffer | null
  /** JSON: [{s: number of the stream, set, value, release}]. */
  readonly names: string | null
}

/**
 * Its answer comes as the text of a composite value. Asked for as the columns of a FROM item the same answer costs the
 * server a seventh more for an unnamed append: parsing, planning, a tuple store for one row. A bare function call is also
 * what a Citus coordinator hands to the node of the tenant.
 */
export type Appended = RowOf<typeof APPENDED>

export const append = (parameters: AppendParameters): Statement<Appended> => ({
  name: 'append',
  text: 'select trickle_events_log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as answer',
  columns: APPENDED,
  values: [
    parameters.tenantId,
    parameters.streamIds,
    parameters.streamTypes,
    parameters.expected,
    parameters.written,
    eventsJson(parameters.events),
    parameters.traceParent,
    parameters.traceState,
    parameters.key,
    parameters.fingerprint,
    parameters.names,
  ],
})

/** Each append is of one stream, without conditions and names. */
export const appendBatch = (batch: readonly AppendParameters[]): Statement<RowOf<typeof BATCH_APPENDED>> => ({
  name: 'append_batch',
  text: 'select trickle_events_log.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as answer',
  columns: BATCH_APPENDED,
  values: [
    batch.map((append) => append.tenantId),
    batch.map((append) => append.streamIds[0]),
    batch.map((append) => append.streamTypes[0] ?? null),
    batch.map((append) => append.expected[0]),
    batch.map((append) => append.events.texts.length),
    batchEventsJson(batch),
    batch.map((append) => append.traceParent),
    batch.map((append) => append.traceState),
    batch.map((append) => append.key),
    batch.map((append) => append.fingerprint),
    batch.map((append) => append.mayBeKnown),
    nthsOfTenants(batch),
  ],
})

/** Which request of its tenant each one is, 1 first. */
function nthsOfTenants(batch: readonly AppendParameters[]): number[] {
  const counts = new Map<string, number>()
  return batch.map(({ tenantId }) => {
    const nth = (counts.get(tenantId) ?? 0) + 1
    counts.set(tenantId, nth)
    return nth
  })
}

function batchEventsJson(batch: readonly AppendParameters[]): string {
  const framed: string[] = []
  for (const [request, { events }] of batch.entries()) {
    for (const [index, text] of events.texts.entries())
      framed.push(`{"s":${request + 1},"n":${index + 1},${text.slice(1)}`)
  }
  return `[${framed.join(',')}]`
}

const FOUND = columns({
  outcome: oneOf('absent', 'replayed', 'exists'),
  /** The id that exists with other content or from another append. */
  offending: orNull(text),
  /** Stream, version and id of each event. */
  streamVersions: orElse(json<readonly (readonly [string, number, string])[]>(), []),
  epoch: text,
  timeline: text,
  xid: orElse(text, '0'),
})

/** What a look-up of ids found. */
export type FoundAppend = RowOf<typeof FOUND>

export const findAppend = ({
  tenantId,
  streamIds,
  written,
  events,
}: AppendParameters): Statement<FoundAppend> => ({
  name: 'find_append',
  text: `select ${FOUND.of('f')} from trickle_events_log.find_append($1, $2, $3) f`,
  columns: FOUND,
  values: [tenantId, streamIds.slice(0, written), eventsJson(events)],
})
