import type { SingleAppend } from './statements.ts'
import type { AppendTiming, WriteOutcome } from './writer.ts'

/** An append that waits for its turn. */
export interface WaitingAppend {
  readonly append: SingleAppend
  readonly timing: AppendTiming
  readonly onAttempt: () => void
  /** Null: it has to be made alone. */
  readonly resolve: (outcome: WriteOutcome | null) => void
  readonly reject: (error: unknown) => void
}

export const streamKey = ({ tenantId, streams: [{ streamId }] }: SingleAppend): string =>
  `${tenantId}/${streamId}`

/** Requests of one batch. A larger batch would save little more, and its first requests would wait for the last. */
export const BATCH_REQUESTS_MAX = 64

/** Bytes of events in one batch: some milliseconds of the server. */
const BATCH_BYTES_MAX = 1_048_576

/**
 * Takes the appends that can be sent together and leaves the rest in their order. Tenants take turns: a tenant with a
 * thousand waiting appends delays the append of another tenant by one batch at most. Within a tenant the oldest is
 * first.
 *
 * An append waits while another one to its stream is under way: the stream's lock is held, so the batch would not get
 * it. Appends to one stream go together when all of them take any version and claim the same type. Any other append
 * must first see what the one before it wrote. This is also so for two appends with the same idempotency key.
 */
export function takeBatch(
  waiting: readonly WaitingAppend[],
  underWay: ReadonlyMap<string, number>,
): { batch: WaitingAppend[]; rest: WaitingAppend[] } {
  const going = new Set<WaitingAppend>()
  const streams = new Map<string, SingleAppend | null>()
  const keys = new Set<string>()
  let bytes = 0
  for (const one of inTurns(waiting)) {
    const { append } = one
    const stream = streamKey(append)
    const key = append.idempotency === null ? null : `${append.tenantId}/${append.idempotency.key}`
    const goes =
      going.size < BATCH_REQUESTS_MAX &&
      (going.size === 0 || bytes + append.bytes <= BATCH_BYTES_MAX) &&
      !underWay.has(stream) &&
      (key === null || !keys.has(key)) &&
      canFollow(streams.get(stream), append)
    if (goes) {
      going.add(one)
      bytes += append.bytes
      streams.set(stream, append)
      if (key !== null) keys.add(key)
    } else {
      // No append overtakes another that waits for the same stream.
      streams.set(stream, null)
    }
  }
  return {
    batch: waiting.filter((one) => going.has(one)),
    rest: waiting.filter((one) => !going.has(one)),
  }
}

/** The first of each tenant, then the second of each, and so on. */
function inTurns(waiting: readonly WaitingAppend[]): Iterable<WaitingAppend> {
  const tenants = new Map<string, WaitingAppend[]>()
  for (const one of waiting) {
    const { tenantId } = one.append
    const ofTenant = tenants.get(tenantId)
    if (ofTenant === undefined) tenants.set(tenantId, [one])
    else ofTenant.push(one)
  }
  return tenants.size === 1 ? waiting : roundsOf([...tenants.values()])
}

function* roundsOf(queues: readonly (readonly WaitingAppend[])[]): Generator<WaitingAppend> {
  let left = queues
  for (let round = 0; left.length > 0; round += 1) {
    for (const queue of left) {
      const one = queue[round]
      if (one !== undefined) yield one
    }
    left = left.filter((queue) => queue.length > round + 1)
  }
}

/** @param before the append to this stream that comes before; null when it has to wait itself. */
function canFollow(before: SingleAppend | null | undefined, append: SingleAppend): boolean {
  if (before === undefined) return true
  if (before === null) return false
  const [first] = before.streams
  const [second] = append.streams
  return (
    first.expected.mode === 'any' && second.expected.mode === 'any' && first.streamType === second.streamType
  )
}
