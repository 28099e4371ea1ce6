import { TrickleError } from '../../errors/index.ts'
import { eventLimits } from '../limits.ts'
import { checkLength, checkStreamId } from '../names.ts'
import type { AppendAllRequest, ReservedName } from '../types.ts'
import type { DomainLocks } from './types.ts'

/** @throws TrickleError VALIDATION_FAILED, INVALID_STREAM_ID. */
export function checkLocks({ streams, conditions = [], names = [], resources = [] }: DomainLocks): void {
  if (streams.length === 0)
    throw new TrickleError('VALIDATION_FAILED', 'A write needs at least one stream for its events.')
  for (const streamId of [...streams, ...conditions]) checkStreamId(streamId)
  for (const resource of resources) checkLength(resource, '/resources')
  const bounds = [
    ['streams', streams.length + conditions.length, eventLimits.appendStreamsMax],
    ['names', names.length, eventLimits.appendNamesMax],
    ['resources', resources.length, eventLimits.writeResourcesMax],
  ] as const
  for (const [what, count, max] of bounds) {
    if (count > max)
      throw new TrickleError(
        'VALIDATION_FAILED',
        `A write locks at most ${max} ${what}; this one names ${count}. Split it.`,
      )
  }
}

/**
 * A decision may use fewer streams and names than were announced, never others: their locks would be taken after the
 * first write, and then the database refuses the append.
 * @throws TrickleError INTERNAL, since the mistake is in the code that decides.
 */
export function checkAnnounced(locks: DomainLocks, { streams, conditions = [] }: AppendAllRequest): void {
  const written = new Set(locks.streams)
  const known = new Set([...locks.streams, ...(locks.conditions ?? [])])
  const names = new Set((locks.names ?? []).map(nameKey))
  const missing = [
    ...streams
      .filter(({ streamId }) => !written.has(streamId))
      .map(({ streamId }) => `the stream ${streamId}`),
    ...conditions
      .filter(({ streamId }) => !known.has(streamId))
      .map(({ streamId }) => `the condition on ${streamId}`),
    ...streams
      .flatMap(({ reservations = [], releases = [] }) => [...reservations, ...releases])
      .filter((name) => !names.has(nameKey(name)))
      .map(({ set, value }) => `the name "${value}" of the set "${set}"`),
  ]
  if (missing.length > 0) {
    throw new TrickleError(
      'INTERNAL',
      `A write decided about ${missing.join(', ')}, which it had not announced. Announce it, so that it is locked before anything is read.`,
    )
  }
}

const nameKey = ({ set, value }: ReservedName): string => JSON.stringify([set, value])
