import { setTimeout as delay } from 'node:timers/promises'
import type { Entry } from './entries.ts'

/**
 * Lets the next block be read and made ready while the current one is on its way; one block, so that what is in memory
 * stays bounded.
 */
export async function* readAhead<T>(blocks: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = blocks[Symbol.asyncIterator]()
  const begin = (): Promise<IteratorResult<T>> => {
    const next = iterator.next()
    // Thrown where it is awaited; until then it must not count as unhandled.
    next.catch(() => undefined)
    return next
  }
  let next = begin()
  try {
    for (;;) {
      const { value, done } = await next
      if (done === true) return
      next = begin()
      yield value
    }
  } finally {
    await next.catch(() => undefined)
    await iterator.return?.()
  }
}

/** Settled entries stay in the array until there are so many: to move the others once for all of them costs nothing. */
const SETTLED_KEPT = 1_000

/**
 * Entries between the file and their outcome. What was taken from the file stays here until it is settled, so that a
 * request that breaks off loses nothing: the next one begins with what is left. Counted by place: the number of entries
 * before one, since the beginning.
 */
export class Outbox {
  readonly #blocks: AsyncIterator<readonly Entry[]>
  #entries: Entry[] = []
  /** Index in `entries` of the first that is not settled: to remove each one at once would move all the others. */
  #head = 0
  /** Place of that entry. */
  #first = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #pulling: Promise<void> | undefined

  constructor(blocks: AsyncIterator<readonly Entry[]>) {
    this.#blocks = blocks
  }

  /** Place of the first entry that is not settled. */
  get first(): number {
    return this.#first
  }

  /** The entry at a place that was taken already; undefined beyond. */
  at(place: number): Entry | undefined {
    return place < this.#first ? undefined : this.#entries[this.#head + place - this.#first]
  }

  /**
   * The entry at a place, from the file where it must be. Undefined at the end, and also where the reading failed:
   * what was read before is sent all the same, and the error is thrown by `throwFailure`.
   */
  async next(place: number): Promise<Entry | undefined> {
    while (place >= this.#first + this.#entries.length - this.#head && !this.#ended) {
      this.#pulling ??= this.#pull()
      await this.#pulling
    }
    return this.at(place)
  }

  /** Drops the first entries: they have their outcome. */
  settle(count: number): void {
    this.#head += count
    this.#first += count
    if (this.#head < SETTLED_KEPT) return
    this.#entries = this.#entries.slice(this.#head)
    this.#head = 0
  }

  /** @throws what ended the reading, if anything */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  async #pull(): Promise<void> {
    try {
      const { value, done } = await this.#blocks.next()
      if (done === true) this.#ended = true
      else this.#entries.push(...value)
    } catch (error) {
      this.#ended = true
      this.#failure = { error }
    } finally {
      this.#pulling = undefined
    }
  }
}

/**
 * What one request holds. Its lines are kept until they have an outcome, so this is what an import needs of memory.
 * Lines: 40 of the server's batches, so that the pause between two requests is lost in them, and some 10 s on a server
 * that does a fifth of what a local one does, far from the 200 s after which it ends a request.
 */
export const requestLimits = {
  lines: 20_000,
  bytes: 16_777_216,
  /** Longest time of one request: the lines of a slow source are written when it ends. */
  durationMs: 20_000,
  /** When the source (a pipe) gives nothing for so long, the request ends, so that what it gave is written. */
  idleMs: 1_000,
} as const

/** Bytes of one write to the socket. */
const PIECE_BYTES = 65_536

const NEWLINE = Buffer.from('\n')

/** The lines of one request, taken from the outbox as the connection takes them. */
export class RequestBody {
  readonly stream: ReadableStream<Uint8Array>
  readonly #outbox: Outbox
  readonly #beganAtMs = performance.now()
  #place: number
  #lines = 0
  #bytes = 0

  constructor(outbox: Outbox) {
    this.#outbox = outbox
    this.#place = outbox.first
    this.stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const piece = await this.#piece()
        if (piece) controller.enqueue(piece)
        else controller.close()
      },
    })
  }

  /** Place after the last entry that this request took. */
  get end(): number {
    return this.#place
  }

  #isFull(): boolean {
    return (
      this.#lines >= requestLimits.lines ||
      this.#bytes >= requestLimits.bytes ||
      performance.now() - this.#beganAtMs >= requestLimits.durationMs
    )
  }

  /** The next lines; undefined when the request has enough, or the source has no more for now. */
  async #piece(): Promise<Buffer | undefined> {
    const parts: Buffer[] = []
    let bytes = 0
    while (bytes < PIECE_BYTES && !this.#isFull()) {
      // What needs no server may be settled before it is taken.
      this.#place = Math.max(this.#place, this.#outbox.first)
      const known = this.#outbox.at(this.#place)
      // Sends what it has before it waits for more.
      if (!known && bytes > 0) break
      const entry = known ?? (await this.#waitForEntry())
      if (!entry) break
      this.#place += 1
      if (entry.what.kind !== 'event') continue
      parts.push(entry.what.line, NEWLINE)
      bytes += entry.what.line.length + 1
      this.#lines += 1
      this.#bytes += entry.what.line.length + 1
    }
    return bytes > 0 ? Buffer.concat(parts) : undefined
  }

  async #waitForEntry() {
    const timer = new AbortController()
    const idle = delay(requestLimits.idleMs, undefined, { signal: timer.signal }).catch(() => undefined)
    try {
      return await Promise.race([this.#outbox.next(this.#place), idle])
    } finally {
      timer.abort()
    }
  }
}
