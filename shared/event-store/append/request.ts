import { TrickleError } from '../../errors/index.ts'
import type { ReceiptKey } from '../../receipts/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { encodeEvents } from './encode-events.ts'
import { eventLimits } from '../limits.ts'
import { checkLength, checkStreamId } from '../names.ts'
import type { AppendAllRequest, ReservedName, StreamCondition, StreamWrite, TraceContext } from '../types.ts'

/** An append that was checked and encoded. */
export interface PreparedAppend {
  readonly tenantId: string
  readonly streams: readonly PreparedStream[]
  /** Conditions on streams that are not written. */
  readonly conditions: readonly StreamCondition[]
  /** The size of all events as they will be stored, with numbers written out. */
  readonly bytes: number
  /** True when the caller chose an id, so that the events may be stored already. */
  readonly mayBeKnown: boolean
  readonly trace: TraceContext | null
  readonly idempotency: ReceiptKey | null
  /** In the order in which they are released and reserved. */
  readonly names: readonly NameChange[]
}

/** A stream that is written. */
export interface PreparedStream extends StreamCondition {
  readonly streamType: string | null
  /** Each event as a JSON object. */
  readonly events: readonly string[]
}

export interface NameChange extends ReservedName {
  /** Number of the written stream, from 1. */
  readonly stream: number
  readonly isRelease: boolean
}

/**
 * Makes the checks that need the whole append, and encodes its events.
 * @param ids of all events, in their order; made before the first attempt, so that each attempt sends the same.
 * @throws TrickleError VALIDATION_FAILED, INVALID_STREAM_ID, NUMBER_NOT_EXACT, TOO_MANY_EVENTS, EVENT_TOO_LARGE,
 *   BODY_TOO_LARGE.
 */
export async function prepareAppend(
  tenant: TenantContext,
  request: AppendAllRequest,
  ids: readonly string[],
): Promise<PreparedAppend> {
  const { streams, conditions = [], trace = null, idempotency = null } = request
  if (streams.length === 0)
    throw new TrickleError('VALIDATION_FAILED', 'An append needs at least one stream to write to.')
  checkStreams([...streams, ...conditions].map(({ streamId }) => streamId))
  for (const { streamType } of streams) checkLength(streamType, '/streamType')
  const encoded = await encodeEvents(streams, ids)
  return {
    tenantId: tenant.tenantId,
    streams: streams.map(({ streamId, streamType = null, expected }, index) => ({
      streamId,
      streamType,
      expected,
      events: encoded.streams[index] ?? [],
    })),
    conditions,
    bytes: encoded.bytes,
    mayBeKnown: streams.some(({ events }) => events.some((event) => event.id !== undefined)),
    trace,
    idempotency,
    names: namesOf(streams),
  }
}

function checkStreams(streamIds: readonly string[]): void {
  for (const streamId of streamIds) checkStreamId(streamId)
  if (streamIds.length > eventLimits.appendStreamsMax) {
    throw new TrickleError(
      'VALIDATION_FAILED',
      `An append names at most ${eventLimits.appendStreamsMax} streams, conditions included; this one names ${streamIds.length}. Split it.`,
    )
  }
  const twice = streamIds.find((streamId, index) => streamIds.indexOf(streamId) !== index)
  if (twice !== undefined) {
    throw new TrickleError(
      'VALIDATION_FAILED',
      `The stream ${twice} stands in the append twice. Give each stream once, with all of its events; a stream that is written has its condition in \`expected\`.`,
    )
  }
}

function namesOf(streams: readonly StreamWrite[]): NameChange[] {
  const names = streams.flatMap(({ reservations = [], releases = [] }, index) => {
    const changeOf = ({ set, value }: ReservedName, isRelease: boolean): NameChange => ({
      stream: index + 1,
      set,
      value,
      isRelease,
    })
    return [
      ...releases.map((name) => changeOf(name, true)),
      ...reservations.map((name) => changeOf(name, false)),
    ]
  })
  if (names.length > eventLimits.appendNamesMax) {
    throw new TrickleError(
      'VALIDATION_FAILED',
      `An append reserves and releases at most ${eventLimits.appendNamesMax} names; this one has ${names.length}. Split it.`,
    )
  }
  const seen = new Set<string>()
  for (const name of names) {
    // A name may be released once and reserved once, by two different streams. A stream can't mean both, and two
    // streams can't both hold the name.
    for (const whose of [name.isRelease, name.stream]) {
      const key = JSON.stringify([whose, name.set, name.value])
      if (seen.has(key)) throw twiceNamed(name)
      seen.add(key)
    }
  }
  return names
}

const twiceNamed = ({ set, value }: ReservedName): TrickleError =>
  new TrickleError(
    'VALIDATION_FAILED',
    `The name "${value}" of the set "${set}" stands in the append twice. It can move from one stream to another; else name it once.`,
  )
