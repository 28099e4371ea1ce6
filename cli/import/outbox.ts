import { setTimeout as delay } from 'node:timers/promises'
import type { Entry } from './entries.ts'

/**
 * Reads and prepares the next block while the current block is being sent. Only one block, so that memory stays
 * bounded.
 */
export async function* readAhead<T>(blocks: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = blocks[Symbol.asyncIterator]()
  const begin = (): Promise<IteratorResult<T>> => {
    const next = iterator.next()
    // The error is thrown where `next` is awaited. Without this handler an earlier failure would end the process as an
    // unhandled rejection.
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

/** Settled entries are removed from the array only in groups of this size, since each removal moves all the others. */
const SETTLED_KEPT = 1_000

/**
 * Holds the entries that were read from the file and have no outcome yet. So a broken request loses nothing: the next
 * request begins with what is left. An entry's place is the number of all entries before it, since the file's
 * beginning.
 */
export class Outbox {
  readonly #blocks: AsyncIterator<readonly Entry[]>
  #entries: Entry[] = []
  /** Index in `entries` of the first entry that is not settled. Settled entries before it are removed later. */
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

  /** The entry at a place, if it was already read and is not settled; otherwise undefined. */
  at(place: number): Entry | undefined {
    return place < this.#first ? undefined : this.#entries[this.#head + place - this.#first]
  }

  /**
   * The entry at a place, read from the file if necessary. Undefined at the end, and also when reading failed: entries
   * that were read before are still sent, and then `throwFailure` throws the error.
   */
  async next(place: number): Promise<Entry | undefined> {
    while (place >= this.#first + this.#entries.length - this.#head && !this.#ended) {
      this.#pulling ??= this.#pull()
      await this.#pulling
    }
    return this.at(place)
  }

  /** Removes the first `count` entries, which have their outcome. */
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
 * The limits of one request. Its lines stay in memory until they have an outcome, so these limits bound the memory of
 * an import. Lines: 40 of the server's batches, so that the pause between two requests hardly counts. A server that is
 * five times as slow as a local one needs some 10 s for them, far below the 200 s after which it ends a request.
 */
export const requestLimits = {
  lines: 20_000,
  bytes: 16_777_216,
  /** Longest time of one request. The lines of a slow source are written only when the request ends. */
  durationMs: 20_000,
  /** If the source (a pipe) gives nothing for this time, the request ends, so that its lines so far are written. */
  idleMs: 1_000,
} as const

/** Bytes of one write to the socket. */
const PIECE_BYTES = 65_536

const NEWLINE = Buffer.from('\n')

/** The lines of one request. They are taken from the outbox as fast as the connection accepts them. */
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

  /** The next lines; undefined when the request is full, or the source has no more lines at the moment. */
  async #piece(): Promise<Buffer | undefined> {
    const parts: Buffer[] = []
    let bytes = 0
    while (bytes < PIECE_BYTES && !this.#isFull()) {
      // Entries that need no server may have been settled before this request took them: they are passed over.
      this.#place = Math.max(this.#place, this.#outbox.first)
      const known = this.#outbox.at(this.#place)
      // Sends the lines that it has before it waits for more.
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
