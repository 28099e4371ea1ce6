import { isTrickleError, TrickleError } from '../../errors/index.ts'
import { codeOf } from '../../postgres/index.ts'
import type { Database } from '../../postgres/index.ts'
import { answersOfBatch } from './answer.ts'
import type { AppendAnswer } from './answer.ts'
import type { PreparedAppend } from './request.ts'
import { appendBatch } from './statements.ts'
import type { SingleAppend } from './statements.ts'
import { DirectWriter } from './writer.ts'
import type { AppendTiming, AppendWriter, WriteOutcome } from './writer.ts'
import { streamKey, takeBatch } from './coalescing-queue.ts'
import type { WaitingAppend } from './coalescing-queue.ts'

export interface CoalescerLimits {
  /** Calls under way; what comes meanwhile waits and goes together. Two keep the server busy while one commits. */
  readonly slots: number
  /** A call that takes longer than this (a lock that somebody holds, a failover) does not keep the others from going. */
  readonly slotMs: number
}

/** Measured on two cores and with a millisecond between client and server (docs/benchmarks.md). */
export const coalescerLimits: CoalescerLimits = { slots: 2, slotMs: 25 }

/**
 * Writes concurrent appends of this process together: they share a round trip and a commit, and each has an outcome of its
 * own. There is no wait window: an append goes at once while few are under way, and what comes while all slots are taken
 * goes together when one is free.
 *
 * Nobody pays for another's trouble: a conflict is the answer of its own append; what can not be said within a batch (a
 * held lock, a known id or key) is made alone; a batch that fails as a whole is made one by one, and where its answer was
 * lost each append is resolved by its own ids or key, as after any lost answer.
 */
export class CoalescingWriter implements AppendWriter {
  readonly #database: Database
  readonly #direct: DirectWriter
  readonly #limits: CoalescerLimits
  #waiting: WaitingAppend[] = []
  /** When each call under way began. */
  readonly #startedAtMs = new Set<{ readonly atMs: number }>()
  readonly #streamsUnderWay = new Map<string, number>()
  /** The last call was shared, so others are about to come: an append waits for the end of the turn to go with them. */
  #isShared = false
  #isFlushDue = false
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database, limits: CoalescerLimits = coalescerLimits) {
    this.#database = database
    this.#direct = new DirectWriter(database)
    this.#limits = limits
  }

  async write(append: PreparedAppend, timing: AppendTiming, onAttempt: () => void): Promise<WriteOutcome> {
    const writeAlone = (): Promise<WriteOutcome> => this.#direct.write(append, timing, onAttempt)
    if (!canShare(append)) return writeAlone()
    const goesAtOnce =
      !this.#isShared &&
      this.#waiting.length === 0 &&
      this.#hasSlot() &&
      !this.#streamsUnderWay.has(streamKey(append))
    if (goesAtOnce) return this.#underWay([append], writeAlone)
    const answer = await new Promise<WriteOutcome | null>((resolve, reject) => {
      this.#waiting.push({ append, timing, onAttempt, resolve, reject })
      this.#scheduleFlush()
    })
    return answer ?? writeAlone()
  }

  /** After the callbacks that are due now: callers who were answered together ask again together. */
  #scheduleFlush(): void {
    if (this.#isFlushDue || this.#waiting.length === 0) return
    if (!this.#hasSlot()) {
      if (this.#timer !== undefined) return
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        this.#scheduleFlush()
      }, this.#limits.slotMs)
      return
    }
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#hasSlot()) {
      const { batch, rest } = takeBatch(this.#waiting, this.#streamsUnderWay)
      this.#waiting = rest
      // Everything that waits is for streams that are under way: their call's end comes back here.
      if (batch.length === 0) return
      this.#isShared = batch.length > 1
      void this.#send(batch)
    }
    this.#scheduleFlush()
  }

  async #send(batch: readonly WaitingAppend[]): Promise<void> {
    const live = batch.filter(({ timing: { signal }, resolve }) => {
      // Skip callers that have disconnected: made alone, their append is refused before its first attempt, and says why.
      if (signal?.aborted === true) resolve(null)
      return signal?.aborted !== true
    })
    const [only] = live
    if (only === undefined) return
    const appends = live.map(({ append }) => append)
    try {
      if (live.length === 1) {
        const { append, timing, onAttempt } = only
        only.resolve(await this.#underWay(appends, () => this.#direct.write(append, timing, onAttempt)))
        return
      }
      const answers = await this.#underWay(appends, () => this.#writeBatch(live))
      for (const [index, { resolve }] of live.entries()) resolve(answers[index] ?? null)
    } catch (error) {
      for (const { resolve, reject } of live) {
        if (live.length > 1 && mustRetryIndividually(error)) resolve(null)
        else reject(error)
      }
    }
  }

  async #writeBatch(batch: readonly WaitingAppend[]): Promise<readonly (AppendAnswer | null)[]> {
    const deadlines = batch.map(({ timing }) => timing.deadlineAtMs)
    for (const { onAttempt } of batch) onAttempt()
    const [row] = await this.#database.query(appendBatch(batch.map(({ append }) => append)), {
      // One who has little time left must not take it from the others; his own request ends by itself.
      deadlineAtMs: deadlines.includes(undefined)
        ? undefined
        : Math.max(...deadlines.map((atMs) => atMs ?? 0)),
      onError: (error) => (REFUSED.test(codeOf(error)) ? new RefusedBatch(error) : undefined),
    })
    if (row === undefined) throw new TrickleError('INTERNAL', 'The batch of appends returned nothing.')
    return answersOfBatch(row.answer)
  }

  async #underWay<T>(appends: readonly SingleAppend[], work: () => Promise<T>): Promise<T> {
    const call = { atMs: performance.now() }
    const streams = new Set(appends.map(streamKey))
    this.#startedAtMs.add(call)
    for (const stream of streams)
      this.#streamsUnderWay.set(stream, (this.#streamsUnderWay.get(stream) ?? 0) + 1)
    try {
      return await work()
    } finally {
      this.#startedAtMs.delete(call)
      for (const stream of streams) {
        const left = (this.#streamsUnderWay.get(stream) ?? 1) - 1
        if (left === 0) this.#streamsUnderWay.delete(stream)
        else this.#streamsUnderWay.set(stream, left)
      }
      this.#scheduleFlush()
    }
  }

  #hasSlot(): boolean {
    const since = performance.now() - this.#limits.slotMs
    let taken = 0
    for (const { atMs } of this.#startedAtMs) if (atMs > since) taken += 1
    return taken < this.#limits.slots
  }
}

/**
 * Large appends gain nothing and would make the others wait; several streams, conditions and names take locks of which a
 * batch must not wait for any.
 */
const canShare = (append: PreparedAppend): append is SingleAppend =>
  append.streams.length === 1 &&
  append.conditions.length === 0 &&
  append.names.length === 0 &&
  append.bytes <= SHARED_BYTES_MAX

/** A batch of 64 of these is 4 MiB, and takes the server no longer than one append of the largest size. */
const SHARED_BYTES_MAX = 65_536

/** SQLSTATE classes of what one request can do to a batch: bad data, a key or id that came in between, a limit, our own checks. */
const REFUSED = /^(22|23|54|TK)/

/** The database refused a batch for something that one of its requests holds. */
class RefusedBatch extends Error {
  constructor(cause: unknown) {
    super('The database refused a batch of appends.', { cause })
  }
}

/** True where each append is to find out by itself: nothing was written, or nobody knows. */
const mustRetryIndividually = (error: unknown): boolean =>
  error instanceof RefusedBatch || (isTrickleError(error) && error.code === 'OUTCOME_UNKNOWN')
