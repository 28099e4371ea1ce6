import { setTimeout as delay } from 'node:timers/promises'
import type { Outbox } from './outbox.ts'

/**
 * What one request holds. Its lines are kept until they have an outcome, so this is what an import needs of memory.
 * Lines: 40 of the server's batches, so that the pause between two requests is lost in them, and some 10 s on a server
 * that does a fifth of what a local one does, far from the 200 s after which it ends a request.
 */
export const requestLimits = {
  lines: 20_000,
  bytes: 16_777_216,
  /** From the first line on, for a source that gives little; its lines are written when the request ends. */
  durationMs: 20_000,
  /** A source that gives nothing for so long (a pipe) shall see written what it gave. */
  idleMs: 1_000,
} as const

/** A write to the socket. */
const pieceBytes = 65_536

const newline = Buffer.from('\n')

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

  /** Place behind the last entry that this request took. */
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
    while (bytes < pieceBytes && !this.#isFull()) {
      // What needs no server may be settled before it is taken.
      this.#place = Math.max(this.#place, this.#outbox.first)
      const known = this.#outbox.at(this.#place)
      // What is there goes out before anything is waited for.
      if (!known && bytes > 0) break
      const entry = known ?? (await this.#waitForEntry())
      if (!entry) break
      this.#place += 1
      if (entry.what.kind !== 'event') continue
      parts.push(entry.what.line, newline)
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
