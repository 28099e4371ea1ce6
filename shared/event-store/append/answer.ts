import { arrayOf, columns, composite, integer, orElse, text } from '../../postgres/index.ts'
import type { RowOf, ValueOf } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import type { SealKeyring } from '../tokens/seal.ts'
import { encodeConsistency } from '../tokens/tokens.ts'
import type { AppendAllRequest, AppendAllResult, Replay, WrittenStream } from '../types.ts'
import { refusalOf } from './refusals.ts'

/** The fields of the append function's answer, in their order; members that an outcome does not have are empty. */
const answerType = composite({
  outcome: text,
  /** The version of each stream that was named; below 2^53. */
  versions: orElse(arrayOf(integer), []),
  /** Number of the stream that is refused, from 1; 0 when none is. */
  at: orElse(integer, 0),
  epoch: orElse(text, ''),
  /** As hexadecimal digits. */
  timeline: orElse(text, '0'),
  xid: orElse(text, '0'),
  /** JSON: the receipt's result, the stream's type, or the name that is refused. */
  result: orElse(text, 'null'),
})

/** What the append function answers. */
export type AppendAnswer = ValueOf<typeof answerType>

/** Reads the answer from the detail of an error (refuse_outcome). */
export const answerOfText = (printed: string): AppendAnswer => answerType.read(printed)

export const appendedColumns = columns({ answer: answerType })

/** The answers to the appends of a batch, in their order. The version of one that was not written is its stream's. */
export const batchAppendedColumns = columns({
  answer: composite({
    outcomes: arrayOf(text),
    versions: orElse(arrayOf(orElse(integer, 0)), []),
    epoch: orElse(text, ''),
    timeline: orElse(text, '0'),
    xid: orElse(text, '0'),
  }),
})

export type BatchAnswer = RowOf<typeof batchAppendedColumns>['answer']

/** The answer to each append of a batch; null for one that has to be made alone. */
export function answersOfBatch({
  outcomes,
  versions,
  epoch,
  timeline,
  xid,
}: BatchAnswer): (AppendAnswer | null)[] {
  return outcomes.map((outcome, index) =>
    outcome === 'alone'
      ? null
      : {
          outcome,
          versions: [versions[index] ?? 0],
          at: outcome === 'conflict' ? 1 : 0,
          epoch,
          timeline,
          xid,
          result: 'null',
        },
  )
}

/** The place of an append in the log. */
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
      throw refusalOf(tenant, request, answer)
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

/** Divides the ids among the streams: events come stream by stream. A stream's last event has the stream's version. */
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
    // Sealed only when it is read: this takes 15 microseconds, and callers within the process mostly don't need it.
    get consistencyToken() {
      return encodeConsistency(keyring, tenant.tenantId, {
        epoch,
        xid: BigInt(xid),
        // Only for one stream. A token of several streams is identified by its transaction alone.
        version: BigInt(streams.length === 1 ? (streams[0]?.version ?? 0) : 0),
        timeline: Number.parseInt(timeline, 16),
      })
    },
  }
}
