import { TrickleError } from '../../errors/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import type { AppendParameters } from './statements.ts'
import { encodeEvents } from './encode-events.ts'
import { eventLimits } from '../limits.ts'
import { checkLength, checkStreamId } from '../names.ts'
import type { AppendAllRequest, Expectation, ReservedName, StreamWrite } from '../types.ts'

/**
 * Checks what only the whole append shows, and brings it into the form of the database's functions.
 * @param ids of all events, in their order; made before the first attempt, so that each attempt sends the same.
 * @throws TrickleError VALIDATION_FAILED, INVALID_STREAM_ID, NUMBER_NOT_EXACT, TOO_MANY_EVENTS, EVENT_TOO_LARGE, BODY_TOO_LARGE.
 */
export async function appendParameters(
  tenant: TenantContext,
  request: AppendAllRequest,
  ids: readonly string[],
): Promise<AppendParameters> {
  const { streams, conditions = [] } = request
  if (streams.length === 0)
    throw new TrickleError('VALIDATION_FAILED', 'An append needs at least one stream to write to.')
  checkStreams([...streams, ...conditions].map(({ streamId }) => streamId))
  for (const { streamType } of streams) checkLength(streamType, '/streamType')
  return {
    tenantId: tenant.tenantId,
    streamIds: [...streams, ...conditions].map(({ streamId }) => streamId),
    streamTypes: [...streams.map(({ streamType }) => streamType ?? null), ...conditions.map(() => null)],
    expected: [...streams, ...conditions].map(({ expected }) => expectedNumber(expected)),
    written: streams.length,
    events: await encodeEvents(streams, ids),
    mayBeKnown: streams.some(({ events }) => events.some((event) => event.id !== undefined)),
    traceParent: request.trace?.traceParent ?? null,
    traceState: request.trace?.traceState ?? null,
    key: request.idempotency?.key ?? null,
    fingerprint: request.idempotency?.fingerprint ?? null,
    names: encodeNames(streams),
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

function encodeNames(streams: readonly StreamWrite[]): string | null {
  const names = streams.flatMap(({ reservations = [], releases = [] }, index) => [
    ...releases.map((name) => ({ s: index + 1, set: name.set, value: name.value, release: true })),
    ...reservations.map((name) => ({ s: index + 1, set: name.set, value: name.value, release: false })),
  ])
  if (names.length === 0) return null
  if (names.length > eventLimits.appendNamesMax) {
    throw new TrickleError(
      'VALIDATION_FAILED',
      `An append reserves and releases at most ${eventLimits.appendNamesMax} names; this one has ${names.length}. Split it.`,
    )
  }
  const seen = new Set<string>()
  for (const { s, release, ...name } of names) {
    // One stream that gives a name up and takes it again means neither; two that take it can't both have it.
    for (const key of [
      JSON.stringify([release, name.set, name.value]),
      JSON.stringify([s, name.set, name.value]),
    ]) {
      if (seen.has(key)) throw twiceNamed(name)
      seen.add(key)
    }
  }
  return JSON.stringify(names)
}

const twiceNamed = ({ set, value }: ReservedName): TrickleError =>
  new TrickleError(
    'VALIDATION_FAILED',
    `The name "${value}" of the set "${set}" stands in the append twice. It can move from one stream to another; else name it once.`,
  )

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
