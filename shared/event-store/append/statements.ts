import { columns, json, oneOf, orElse, orNull, text } from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'
import type { Expectation } from '../types.ts'
import { appendedColumns, batchAppendedColumns } from './answer.ts'
import { withMembers } from './encode-events.ts'
import type { NameChange, PreparedAppend, PreparedStream } from './request.ts'

/** An append of one stream, without conditions and names. Only such appends can be sent together in one call. */
export interface SingleAppend extends PreparedAppend {
  readonly streams: readonly [PreparedStream]
}

export type Appended = RowOf<typeof appendedColumns>

const APPEND_ARGUMENTS = 11

/** The call of the append whose arguments are the parameters from `first` on. */
export const appendCall = (first: number): string =>
  `trickle_events_log.append(${Array.from({ length: APPEND_ARGUMENTS }, (_, nth) => `$${first + nth}`).join(', ')})`

/** Written once, since it is the text of every append. */
const appendText = `select ${appendCall(1)} as answer`

/**
 * Its answer comes as the text of a composite value. As the columns of a FROM item, the same answer would cost the
 * server a seventh more for an unnamed append: parsing, planning, a tuple store for one row. A bare function call is
 * also the form that a Citus coordinator can pass on to the tenant's node.
 */
export function append(prepared: PreparedAppend): Statement<Appended> {
  const { tenantId, streams, conditions, trace, idempotency, names } = prepared
  // The written streams, then those that only a condition names.
  const named = [...streams, ...conditions]
  return {
    name: 'append',
    text: appendText,
    columns: appendedColumns,
    values: [
      tenantId,
      named.map(({ streamId }) => streamId),
      [...streams.map(({ streamType }) => streamType), ...conditions.map(() => null)],
      named.map(({ expected }) => expectedNumber(expected)),
      streams.length,
      eventsJson(streams),
      trace?.traceParent ?? null,
      trace?.traceState ?? null,
      idempotency?.key ?? null,
      idempotency?.fingerprint ?? null,
      namesJson(names),
    ],
  }
}

export function appendBatch(batch: readonly SingleAppend[]): Statement<RowOf<typeof batchAppendedColumns>> {
  const streams = batch.map(({ streams: [stream] }) => stream)
  return {
    name: 'append_batch',
    text: 'select trickle_events_log.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as answer',
    columns: batchAppendedColumns,
    values: [
      batch.map(({ tenantId }) => tenantId),
      streams.map(({ streamId }) => streamId),
      streams.map(({ streamType }) => streamType),
      streams.map(({ expected }) => expectedNumber(expected)),
      streams.map(({ events }) => events.length),
      batchEventsJson(streams),
      batch.map(({ trace }) => trace?.traceParent ?? null),
      batch.map(({ trace }) => trace?.traceState ?? null),
      batch.map(({ idempotency }) => idempotency?.key ?? null),
      batch.map(({ idempotency }) => idempotency?.fingerprint ?? null),
      batch.map(({ mayBeKnown }) => mayBeKnown),
      nthsOfTenants(batch),
    ],
  }
}

const foundColumns = columns({
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
export type FoundAppend = RowOf<typeof foundColumns>

export const findAppend = ({ tenantId, streams }: PreparedAppend): Statement<FoundAppend> => ({
  name: 'find_append',
  text: `select ${foundColumns.of('f')} from trickle_events_log.find_append($1, $2, $3) f`,
  columns: foundColumns,
  values: [tenantId, streams.map(({ streamId }) => streamId), eventsJson(streams)],
})

/** The number that the database's functions take: the version (0: no stream), -1 for any, -2 for any above 0. */
function expectedNumber(expected: Expectation): number {
  switch (expected.mode) {
    case 'any':
      return -1
    case 'exists':
      return -2
    case 'none':
      return 0
    case 'version':
      return expected.version
  }
}

/**
 * All events as one JSON array, which the database splits into rows: a fifth less work on both sides than an array
 * parameter for each column.
 */
const eventsJson = (streams: readonly PreparedStream[]): string =>
  jsonArray(
    streams.flatMap(({ events }, index) => events.map((event) => withMembers({ s: index + 1 }, event))),
  )

/** In a batch, each event has the number of its request (s) and its number within the request (n). */
const batchEventsJson = (streams: readonly PreparedStream[]): string =>
  jsonArray(
    streams.flatMap(({ events }, index) =>
      events.map((event, nth) => withMembers({ s: index + 1, n: nth + 1 }, event)),
    ),
  )

const jsonArray = (texts: readonly string[]): string => `[${texts.join(',')}]`

const namesJson = (names: readonly NameChange[]): string | null =>
  names.length === 0
    ? null
    : JSON.stringify(
        names.map(({ stream, set, value, isRelease }) => ({ s: stream, set, value, release: isRelease })),
      )

/** The number of each request among those of its tenant, from 1. */
function nthsOfTenants(batch: readonly SingleAppend[]): number[] {
  const counts = new Map<string, number>()
  return batch.map(({ tenantId }) => {
    const nth = (counts.get(tenantId) ?? 0) + 1
    counts.set(tenantId, nth)
    return nth
  })
}
