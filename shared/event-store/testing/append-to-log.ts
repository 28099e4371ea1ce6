import type { AppendAnswer } from '../append/answer.ts'
import type { AppendAllRequest, Expectation, StreamWrite, WrittenStream } from '../types.ts'
import { holdersAfter } from './names.ts'
import type { Holders } from './names.ts'
import type { PreparedEvent, RecordedAppend, RecordedStream, TenantLog } from './tenant-log.ts'

/** The counters and the clock that all tenants of the store share. */
export interface LogClock {
  readonly epoch: string
  nextXid(): bigint
  nextPosition(): bigint
  /** A timestamptz text that never runs backwards. */
  now(): string
}

/** A store in memory is never restored, so it has one timeline. */
export const TIMELINE = '00000001'

/**
 * The append, with the checks of trickle_events_log.append in the same order: tenant, receipt, each stream's version
 * and type, names, ids. It runs without a pause, so no other append comes between. All checks come before the first
 * change.
 * @param prepared the events of each stream of the request.
 */
export function appendToLog(
  log: TenantLog,
  request: AppendAllRequest,
  prepared: readonly (readonly PreparedEvent[])[],
  clock: LogClock,
): AppendAnswer | 'event-exists' {
  if (log.status !== 'active') return answer(clock, { outcome: `tenant_${log.status}` })
  const { key, fingerprint } = request.idempotency ?? {}
  const receipt = key === undefined ? undefined : log.receipts.get(key)
  if (receipt !== undefined) {
    const outcome = fingerprint?.equals(receipt.fingerprint) === true ? 'replayed' : 'key_reused'
    return answer(clock, { outcome, xid: String(receipt.xid), result: receipt.result })
  }
  const named = [...request.streams, ...(request.conditions ?? [])]
  const versions = named.map(({ streamId }) => log.versionOf(streamId))
  const refused = streamInTheWay(log, named, versions)
  if (refused !== null) return answer(clock, { versions, ...refused })
  const holders = holdersAfter(log.holders, request.streams)
  if ('outcome' in holders) {
    const { outcome, at } = holders
    return answer(clock, { outcome, versions, at, result: JSON.stringify(holders) })
  }
  if (log.knowsAny(prepared.flat())) return 'event-exists'
  const { xid, streams } = write(log, request.streams, prepared, holders, clock)
  if (key !== undefined && fingerprint !== undefined) {
    const result = receiptOf(streams, clock.epoch)
    log.receipts.set(key, { fingerprint: Buffer.from(fingerprint), xid, result })
  }
  const after = named.map(({ streamId }) => log.versionOf(streamId))
  return answer(clock, { outcome: 'appended', versions: after, xid: String(xid) })
}

const answer = (
  { epoch }: LogClock,
  told: Partial<AppendAnswer> & Pick<AppendAnswer, 'outcome'>,
): AppendAnswer => ({ versions: [], at: 0, epoch, timeline: TIMELINE, xid: '0', result: 'null', ...told })

/** What append stores under an idempotency key, in the form of the database. */
const receiptOf = (streams: readonly WrittenStream[], epoch: string): string =>
  JSON.stringify({
    streams: streams.map(({ streamId }) => streamId),
    versions: streams.map(({ version }) => version),
    counts: streams.map(({ events }) => events.length),
    ids: streams.flatMap(({ events }) => events.map(({ id }) => id)),
    epoch,
    timeline: TIMELINE,
  })

function streamInTheWay(
  log: TenantLog,
  named: readonly Pick<StreamWrite, 'streamId' | 'expected' | 'streamType'>[],
  versions: readonly number[],
): Pick<AppendAnswer, 'outcome' | 'at' | 'result'> | null {
  for (const [index, { streamId, expected, streamType }] of named.entries()) {
    const at = index + 1
    if (!isMet(expected, versions[index] ?? 0)) return { outcome: 'conflict', at, result: 'null' }
    const known = log.streams.get(streamId)?.streamType ?? null
    if (streamType !== undefined && known !== null && known !== streamType)
      return { outcome: 'type_mismatch', at, result: JSON.stringify(known) }
  }
  return null
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
  holders: Holders,
  clock: LogClock,
): RecordedAppend {
  const now = clock.now()
  const streams = writes.map(({ streamId }, index): WrittenStream => {
    const before = log.versionOf(streamId)
    const own = prepared[index] ?? []
    const events = own.map(({ eventId }, nth) => ({ id: eventId, version: before + nth + 1 }))
    return { streamId, firstVersion: before + 1, version: before + own.length, events }
  })
  const append: RecordedAppend = { xid: clock.nextXid(), streams }
  log.holders = holders
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
        xid: append.xid,
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
