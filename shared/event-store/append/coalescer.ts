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
  /**
   * Calls under way. Appends that come meanwhile wait and are sent together. Two: one works while the other commits.
   */
  readonly slots: number
  /** A call that takes longer than this (a held lock, a failover) does not count for `slots`, so others are sent. */
  readonly slotMs: number
}

/** Measured on two cores and with a millisecond between client and server (docs/benchmarks.md). */
export const coalescerLimits: CoalescerLimits = { slots: 2, slotMs: 25 }

/**
 * Writes concurrent appends of this process together: they share a round trip and a commit, and each has its own
 * outcome. There is no fixed wait: an append is sent at once while few are under way. Appends that come while all slots
 * are taken are sent together when a slot is free.
 *
 * One append does not suffer from another. A conflict is the answer of its own append only. An append that a batch
 * can't answer (a held lock, a known id or key) is made alone. If a batch fails as a whole, its appends are made one by
 * one. If its answer was lost, each append is resolved by its own ids or key, as after any lost answer.
 */
export class CoalescingWriter implements AppendWriter {
  readonly #database: Database
  readonly #direct: DirectWriter
  readonly #limits: CoalescerLimits
  #waiting: WaitingAppend[] = []
  /** When each call under way began. */
  readonly #startedAtMs = new Set<{ readonly atMs: number }>()
  readonly #streamsUnderWay = new Map<string, number>()
  /**
   * The last call was shared, so others will come soon: an append waits for the end of the event loop's turn for them.
   */
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

  /** Flushes after the callbacks that are due now: callers that were answered together mostly append again together. */
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
      // All waiting appends are for streams that are under way. The end of such a call flushes again.
      if (batch.length === 0) return
      this.#isShared = batch.length > 1
      void this.#send(batch)
    }
    this.#scheduleFlush()
  }

  async #send(batch: readonly WaitingAppend[]): Promise<void> {
    const live = batch.filter(({ timing: { signal }, resolve }) => {
      // Skip callers that have disconnected. Made alone, their append is refused with the reason, before any attempt.
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
      // The latest deadline: an append with little time left must not end the others. Its own request ends in time.
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
 * Large appends gain nothing and would make the others wait. Appends with several streams, conditions or names take
 * more locks, and a batch must not wait for any lock.
 */
const canShare = (append: PreparedAppend): append is SingleAppend =>
  append.streams.length === 1 &&
  append.conditions.length === 0 &&
  append.names.length === 0 &&
  append.bytes <= SHARED_BYTES_MAX

/** Sixteen of these fill a batch (1 MiB), which takes the server no longer than one append of the largest size. */
const SHARED_BYTES_MAX = 65_536

/**
 * SQLSTATE classes of errors that one request can cause for a whole batch: bad data, a key or id that another append
 * wrote meanwhile, a limit, our own checks.
 */
const REFUSED = /^(22|23|54|TK)/

/** The database refused a batch because of one of its requests. */
class RefusedBatch extends Error {
  constructor(cause: unknown) {
    super('The database refused a batch of appends.', { cause })
  }
}

/** True when each append must be made alone: nothing was written, or it is unknown whether anything was. */
const mustRetryIndividually = (error: unknown): boolean =>
  error instanceof RefusedBatch || (isTrickleError(error) && error.code === 'OUTCOME_UNKNOWN')
