import { TrickleError } from '../../errors/index.ts'
import { versionConflict } from '../conflicts.ts'
import type { AppendAllRequest, Expectation, Replay, StreamWrite, WrittenStream } from '../types.ts'
import { holdersAfter } from './names.ts'
import {
  prepareEvent,
  type PreparedEvent,
  type RecordedAppend,
  type RecordedStream,
  type TenantLog,
} from './tenant-log.ts'

/** What the whole store counts up. */
export interface LogClock {
  nextXid(): bigint
  nextPosition(): bigint
  /** A timestamptz text that never runs backwards. */
  now(): string
}

export interface AppendOutcome extends Replay {
  readonly append: RecordedAppend
}

/**
 * The append, with the same looks in the same order as trickle_events_log.append: tenant, receipt, each stream's version
 * and type, names, ids. It runs in one piece, so no other append comes between; all checks stand before the first change.
 * @param ids of every event, in the order of the request's streams.
 */
export function appendToLog(
  log: TenantLog,
  slug: string,
  request: AppendAllRequest,
  ids: readonly string[],
  clock: LogClock,
): AppendOutcome {
  refuseInactive(log, slug)
  const earlier = findReceipt(log, request)
  if (earlier !== null) return { append: earlier, replayed: true, replayedByKey: true }
  const events = prepareAll(request, ids)
  const callerGaveIds = request.streams.some((write) => write.events.some((event) => event.id !== undefined))
  let holders: ReadonlyMap<string, string>
  try {
    checkStreams(log, request)
    holders = holdersAfter(log.holders, request.streams)
  } catch (error) {
    // What the caller sends again may be what made the difference; a type never changes, so a mismatch stands.
    const isMovable = error instanceof TrickleError && error.code !== 'STREAM_TYPE_MISMATCH'
    const found = callerGaveIds && isMovable ? log.findAppend(events.flat()) : null
    if (found === null) throw error
    return { append: found, replayed: true, replayedByKey: false }
  }
  const found = log.findAppend(events.flat())
  if (found !== null) return { append: found, replayed: true, replayedByKey: false }
  const append = write(log, request.streams, events, clock)
  log.holders = holders
  if (request.idempotency) {
    const { key, fingerprint } = request.idempotency
    log.receipts.set(key, { fingerprint: Buffer.from(fingerprint), append })
  }
  return { append, replayed: false, replayedByKey: false }
}

function refuseInactive(log: TenantLog, slug: string): void {
  if (log.status === 'suspended') {
    throw new TrickleError('TENANT_SUSPENDED', `The tenant ${slug} is suspended. An operator can resume it.`)
  }
  if (log.status === 'unknown')
    throw new TrickleError('TENANT_UNKNOWN', 'The tenant does not exist any more.')
}

function findReceipt(log: TenantLog, { idempotency }: AppendAllRequest): RecordedAppend | null {
  const receipt = idempotency ? log.receipts.get(idempotency.key) : undefined
  if (receipt === undefined) return null
  if (idempotency?.fingerprint.equals(receipt.fingerprint)) return receipt.append
  throw new TrickleError(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key came with another request before. Use a new key for a new request; keys are kept for at least 24 hours.',
  )
}

function prepareAll(request: AppendAllRequest, ids: readonly string[]): PreparedEvent[][] {
  let used = 0
  return request.streams.map(({ streamId, events }) =>
    events.map((event) => {
      const id = ids[used] ?? ''
      used += 1
      return prepareEvent(streamId, event, id, request.trace ?? null)
    }),
  )
}

function checkStreams(log: TenantLog, { streams, conditions = [] }: AppendAllRequest): void {
  for (const { streamId, expected, streamType } of [
    ...streams,
    ...conditions.map((condition) => ({ ...condition, streamType: undefined })),
  ]) {
    const version = log.versionOf(streamId)
    if (!isMet(expected, version)) throw versionConflict(streamId, expected, version)
    const known = log.streams.get(streamId)?.streamType ?? null
    if (streamType !== undefined && known !== null && known !== streamType) {
      throw new TrickleError(
        'STREAM_TYPE_MISMATCH',
        `The stream ${streamId} has the type ${JSON.stringify(known)}, which its first append gave it; this append claims "${streamType}".`,
      )
    }
  }
}

function isMet(expected: Expectation, version: number): boolean {
  switch (expected.mode) {
    case 'any':
      return true
    case 'none':
      return version === 0
    case 'exists':
      return version > 0
    case 'version':
      return expected.version === version
  }
}

function write(
  log: TenantLog,
  writes: readonly StreamWrite[],
  prepared: readonly (readonly PreparedEvent[])[],
  clock: LogClock,
): RecordedAppend {
  const xid = clock.nextXid()
  const now = clock.now()
  const streams = writes.map(({ streamId }, index): WrittenStream => {
    const before = log.versionOf(streamId)
    const events = (prepared[index] ?? []).map(({ eventId }, nth) => ({
      id: eventId,
      version: before + nth + 1,
    }))
    return { streamId, firstVersion: before + 1, version: before + events.length, events }
  })
  const append: RecordedAppend = { xid, streams }
  for (const [index, { streamId, streamType }] of writes.entries()) {
    const stream = beginStream(log, streamId, now)
    stream.streamType ??= streamType ?? null
    stream.updatedAt = now
    for (const event of prepared[index] ?? []) {
      log.record({
        ...event,
        version: String(stream.events.length + 1),
        occurredAt: event.occurredAt ?? now,
        recordedAt: now,
        streamType: stream.streamType,
        xid,
        position: clock.nextPosition(),
        append,
      })
    }
  }
  return append
}

function beginStream(log: TenantLog, streamId: string, now: string): RecordedStream {
  const known = log.streams.get(streamId)
  if (known !== undefined) return known
  const stream = { streamId, streamType: null, createdAt: now, updatedAt: now, events: [] }
  log.streams.set(streamId, stream)
  return stream
}
