import { z } from 'zod'
import { CommandFailure } from '../frame/index.ts'
import type { Entry, Outcome } from './entries.ts'
import { Outbox, RequestBody } from './outbox.ts'
import { Patience, CONNECTION_LOST } from '../retry.ts'
import type { RetryPolicy } from '../retry.ts'

/** Records the outcomes of the entries. */
export interface Books {
  /**
   * Called once for every entry, in the order of the file.
   * @param wasSent true: an earlier request, which broke, had sent it too
   */
  settle(entry: Entry, outcome: Outcome, wasSent: boolean): void
  /** Called after a group of entries that were settled together. */
  settledSome(): void
}

export interface UploadOptions {
  readonly blocks: AsyncIterable<readonly Entry[]>
  /** Sends the request, and returns an answer with a status of success. @throws CommandFailure */
  readonly send: (body: ReadableStream<Uint8Array>, signal: AbortSignal) => Promise<Response>
  readonly books: Books
  readonly retry: RetryPolicy
}

/**
 * Sends entries, one request after the other, until each has its outcome.
 *
 * There are never two requests at a time: lines of one stream could overtake each other. Lines that a broken request
 * left without an outcome are sent again, in the same order. The server recognizes those that it had written.
 */
export class Upload {
  readonly #options: UploadOptions
  readonly #outbox: Outbox
  /** Place after the last entry that a broken request may have sent. */
  #sentEnd = 0

  constructor(options: UploadOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.blocks[Symbol.asyncIterator]())
  }

  /**
   * @throws CommandFailure when the server refuses the request, or is unreachable for too long; what the reading of the
   * file throws, after every entry that was read has its outcome; the signal's reason
   */
  async run(): Promise<void> {
    const patience = new Patience(this.#options.retry)
    for (;;) {
      await this.#readToEvent()
      if (this.#outbox.at(this.#outbox.first) === undefined) break
      const before = this.#outbox.first
      try {
        await this.#request()
        patience.progress()
      } catch (error) {
        if (this.#outbox.first > before) patience.progress()
        await patience.wait(error)
      }
    }
    this.#outbox.throwFailure()
  }

  /** Settles the entries that need no server, up to the next event. */
  async #readToEvent(): Promise<void> {
    for (;;) {
      this.#options.retry.signal.throwIfAborted()
      const entry = await this.#outbox.next(this.#outbox.first)
      if (!entry || entry.what.kind === 'event') return
      this.#settleLocal()
    }
  }

  #settleLocal(): void {
    let place = this.#outbox.first
    for (let entry = this.#outbox.at(place); entry; entry = this.#outbox.at(place)) {
      const { what } = entry
      if (what.kind === 'event') break
      this.#options.books.settle(
        entry,
        what.kind === 'skipped'
          ? { outcome: 'skipped' }
          : { outcome: 'rejected', code: what.code, detail: what.detail },
        false,
      )
      place += 1
    }
    if (place === this.#outbox.first) return
    this.#outbox.settle(place - this.#outbox.first)
    this.#options.books.settledSome()
  }

  async #request(): Promise<void> {
    const { retry, send } = this.#options
    const broken = new AbortController()
    const signal = AbortSignal.any([retry.signal, broken.signal])
    const body = new RequestBody(this.#outbox)
    try {
      const response = await send(body.stream, signal)
      let line = 0
      for await (const outcomes of readOutcomes(response.body)) {
        line = this.#settleSent(outcomes, line, body.end)
      }
      this.#settleLocal()
      if (this.#outbox.first < body.end) {
        throw new CommandFailure(CONNECTION_LOST, 'The answer ended before every line had its outcome.')
      }
    } catch (error) {
      this.#sentEnd = Math.max(this.#sentEnd, body.end)
      retry.signal.throwIfAborted()
      throw error
    } finally {
      // A request that was answered or broke must send nothing more.
      broken.abort()
    }
  }

  /** @returns how many lines of this request have their outcome now */
  #settleSent(outcomes: readonly ServerOutcome[], linesBefore: number, end: number): number {
    let line = linesBefore
    for (const outcome of outcomes) {
      this.#settleLocal()
      const entry = this.#outbox.at(this.#outbox.first)
      line += 1
      if (!entry || this.#outbox.first >= end || outcome.line !== line) {
        throw new CommandFailure(
          'ANSWER_NOT_UNDERSTOOD',
          `The server answered for line ${outcome.line} of the request where line ${line} was expected.`,
        )
      }
      this.#options.books.settle(entry, outcome, this.#outbox.first < this.#sentEnd)
      this.#outbox.settle(1)
    }
    this.#options.books.settledSome()
    return line
  }
}

const outcomeSchema = z.union([
  z.object({ line: z.int(), outcome: z.enum(['appended', 'duplicate', 'skipped']) }),
  z.object({
    line: z.int(),
    outcome: z.literal('rejected'),
    code: z.string(),
    detail: z.string().default(''),
  }),
])

const errorSchema = z.object({
  error: z.looseObject({
    code: z.string(),
    detail: z.string().optional(),
    title: z.string().optional(),
    traceId: z.string().optional(),
  }),
})

export type ServerOutcome = z.infer<typeof outcomeSchema>

/** The server writes no longer line. A longer line means that another program answers. */
const LINE_CHARACTERS_MAX = 1_048_576

/**
 * The outcomes of a request, as they arrive. Those that arrive together are returned together.
 * @throws CommandFailure with the code of the error line, CONNECTION_LOST, ANSWER_NOT_UNDERSTOOD
 */
export async function* readOutcomes(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<ServerOutcome[]> {
  const decoder = new TextDecoder()
  if (!body) return
  const chunks = body[Symbol.asyncIterator]()
  let rest = ''
  for (;;) {
    let next
    try {
      next = await chunks.next()
    } catch (error) {
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      throw new CommandFailure(CONNECTION_LOST, `The connection broke off (${cause}).`, { cause: error })
    }
    if (next.done === true) break
    const lines = (rest + decoder.decode(next.value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_CHARACTERS_MAX) throw strange(rest)
    yield* settled(lines)
  }
  if (rest !== '') yield* settled([rest])
}

function strange(text: string): CommandFailure {
  return new CommandFailure(
    'ANSWER_NOT_UNDERSTOOD',
    `What answers does not speak the import protocol: ${text.slice(0, 200)}`,
  )
}

/** The outcomes before an error line are real, so they are returned before the error is thrown. */
function* settled(lines: readonly string[]): Generator<ServerOutcome[]> {
  const outcomes: ServerOutcome[] = []
  try {
    for (const line of lines) {
      if (line !== '') outcomes.push(readLine(line))
    }
  } catch (error) {
    if (outcomes.length > 0) yield outcomes
    throw error
  }
  if (outcomes.length > 0) yield outcomes
}

function readLine(text: string): ServerOutcome {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw strange(text)
  }
  const outcome = outcomeSchema.safeParse(value)
  if (outcome.success) return outcome.data
  const failure = errorSchema.safeParse(value)
  if (!failure.success) throw strange(text)
  const { code, detail, title, traceId } = failure.data.error
  const trace = traceId === undefined ? '' : ` (trace ${traceId})`
  throw new CommandFailure(code, `The server broke the import off: ${code}: ${detail ?? title ?? ''}${trace}`)
}
