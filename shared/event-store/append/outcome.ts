import { TrickleError } from '../../errors/index.ts'
import { keyReused } from '../../receipts/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import type { AppendAnswer } from './answer.ts'
import { versionConflict } from './conflicts.ts'
import type { SealKeyring } from '../tokens/seal.ts'
import { encodeConsistency } from '../tokens/tokens.ts'
import type { AppendAllRequest, AppendAllResult, Replay, WrittenStream } from '../types.ts'

/** Where in the log an append stands. */
export interface WrittenAt {
  readonly epoch: string
  /** As hexadecimal digits. */
  readonly timeline: string
  readonly xid: string
}

/**
 * The result of an append that was written, now or before.
 * @throws TrickleError for every other outcome (EventStore.append lists them).
 */
export function resultOf(
  keyring: SealKeyring,
  tenant: TenantContext,
  request: AppendAllRequest,
  ids: readonly string[],
  answer: AppendAnswer,
): AppendAllResult {
  switch (answer.outcome) {
    case 'appended': {
      const counts = request.streams.map(({ events }) => events.length)
      const streams = partIds(
        request.streams.map(({ streamId }) => streamId),
        answer.versions,
        counts,
        ids,
      )
      return assemble(keyring, tenant, streams, answer, { replayed: false, replayedByKey: false })
    }
    case 'replayed':
      return replayOf(keyring, tenant, answer)
    default:
      throw refusal(tenant, request, answer)
  }
}

/** The result of the append whose receipt this is. */
export function replayOf(
  keyring: SealKeyring,
  tenant: TenantContext,
  { result, xid }: Pick<AppendAnswer, 'result' | 'xid'>,
): AppendAllResult {
  const receipt = JSON.parse(result) as Receipt
  const streams = partIds(receipt.streams, receipt.versions, receipt.counts, receipt.ids)
  const at = { epoch: receipt.epoch, timeline: receipt.timeline, xid }
  return assemble(keyring, tenant, streams, at, { replayed: true, replayedByKey: true })
}

/** What append keeps under an idempotency key. */
interface Receipt {
  readonly streams: readonly string[]
  readonly versions: readonly number[]
  readonly counts: readonly number[]
  readonly ids: readonly string[]
  readonly epoch: string
  readonly timeline: string
}

/** Events come stream by stream, so their ids part at the counts; a stream's last event has its version. */
function partIds(
  streamIds: readonly string[],
  versions: readonly number[],
  counts: readonly number[],
  ids: readonly string[],
): WrittenStream[] {
  let start = 0
  return streamIds.map((streamId, index) => {
    const version = versions[index] ?? 0
    const firstVersion = version - (counts[index] ?? 0) + 1
    const own = ids.slice(start, start + (counts[index] ?? 0))
    start += own.length
    return {
      streamId,
      firstVersion,
      version,
      events: own.map((id, offset) => ({ id, version: firstVersion + offset })),
    }
  })
}

function refusal(tenant: TenantContext, request: AppendAllRequest, answer: AppendAnswer): TrickleError {
  const named = [...request.streams, ...(request.conditions ?? [])][answer.at - 1]
  switch (answer.outcome) {
    case 'conflict':
      if (named === undefined) break
      return versionConflict(named.streamId, named.expected, answer.versions[answer.at - 1] ?? 0)
    case 'key_reused':
      return keyReused()
    case 'type_mismatch': {
      const claimed = request.streams[answer.at - 1]?.streamType ?? ''
      return new TrickleError(
        'STREAM_TYPE_MISMATCH',
        `The stream ${named?.streamId ?? ''} has the type ${answer.result}, which its first append gave it; this append claims "${claimed}".`,
      )
    }
    case 'name_taken':
    case 'name_not_held':
      return nameRefusal(named?.streamId ?? '', JSON.parse(answer.result) as NameInTheWay)
    case 'tenant_suspended':
      return new TrickleError(
        'TENANT_SUSPENDED',
        `The tenant ${tenant.slug} is suspended. An operator can resume it.`,
      )
    case 'tenant_unknown':
      return new TrickleError('TENANT_UNKNOWN', 'The tenant does not exist any more.')
  }
  return new TrickleError('INTERNAL', 'The append ended in a way that this version does not know.')
}

interface NameInTheWay {
  readonly outcome: string
  readonly set: string
  readonly value: string
  readonly holder: string | null
}

/** The holder is a stream of the same tenant: names of other tenants are never seen. */
function nameRefusal(streamId: string, { outcome, set, value, holder }: NameInTheWay): TrickleError {
  if (outcome === 'name_taken') {
    return new TrickleError(
      'NAME_TAKEN',
      `The name "${value}" of the set "${set}" is held by the stream ${holder ?? ''}, so ${streamId} can't have it. Nothing was written.`,
      { extensions: { set, value, holder: holder ?? '', streamId } },
    )
  }
  const state = holder === null ? 'held by nobody' : `held by the stream ${holder}`
  return new TrickleError(
    'NAME_NOT_HELD',
    `The name "${value}" of the set "${set}" is ${state}, so ${streamId} can't release it. Nothing was written.`,
    { extensions: { set, value, holder, streamId } },
  )
}

export function assemble(
  keyring: SealKeyring,
  tenant: TenantContext,
  streams: readonly WrittenStream[],
  { epoch, timeline, xid }: WrittenAt,
  replay: Replay,
): AppendAllResult {
  return {
    streams,
    ...replay,
    // Sealed when it is asked for: callers within the process mostly don't, and it takes 15 microseconds.
    get consistencyToken() {
      return encodeConsistency(keyring, tenant.tenantId, {
        epoch,
        xid: BigInt(xid),
        // Of one stream; a token of several is known by its transaction alone.
        version: BigInt(streams.length === 1 ? (streams[0]?.version ?? 0) : 0),
        timeline: Number.parseInt(timeline, 16),
      })
    },
  }
}
