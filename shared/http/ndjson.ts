import { ReadableStream } from 'node:stream/web'
import { setImmediate as yieldToSockets } from 'node:timers/promises'
import { withinDeadline } from './deadline.ts'

/**
 * The library writes to the socket without waiting for it, so what a slow client has not taken yet piles up in memory.
 * A reply beyond this size is cut off with an error line; handlers stay well below it and hand out a cursor to go on.
 */
export const maxStreamBytes = 67_108_864

export interface NdjsonOptions {
  readonly lines: AsyncIterable<string>
  readonly signal: AbortSignal
  readonly maxBytes?: number
  /** Tells of an error after the first byte and gives the line that ends the reply. */
  readonly onError: (error: unknown) => string
  /** Called once, when nothing more will be written. */
  readonly onEnd: () => void
}

/**
 * Turns JSON lines into a body that is produced as it is read.
 *
 * The first string is awaited here, so that an error before it can still become a problem document. A later error must
 * not fail the stream: the library would throw, and the connection would stay open without an end. It becomes a last
 * line `{"error": ...}` instead, and no line of data has a member of that name at its top.
 * @throws what the iterable throws before its first string, or the signal's reason
 */
export async function ndjsonBody(options: NdjsonOptions): Promise<ReadableStream<Uint8Array>> {
  const { signal, maxBytes = maxStreamBytes } = options
  const iterator = options.lines[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let isEnded = false
  const end = (): void => {
    if (isEnded) return
    isEnded = true
    options.onEnd()
    // Not awaited: the iterator may hang, and then so does its return.
    iterator.return?.().catch(() => undefined)
  }
  // A reader that has gone away without a word asks for nothing more: the iterable must be ended all the same.
  signal.addEventListener('abort', end, { once: true })
  const read = (): Promise<IteratorResult<string>> => withinDeadline(iterator.next(), signal)

  let next: IteratorResult<string>
  try {
    next = await read()
  } catch (error) {
    end()
    throw error
  }
  let writtenBytes = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          if (next.done === true) {
            end()
            controller.close()
            return
          }
          const chunk = encoder.encode(`${next.value}\n`)
          writtenBytes += chunk.byteLength
          if (writtenBytes > maxBytes) throw new Error(`One reply may not exceed ${maxBytes} bytes`)
          controller.enqueue(chunk)
          next = await read()
          // An iterable that never waits would otherwise keep the process from writing to any socket.
          await yieldToSockets()
        } catch (error) {
          controller.enqueue(encoder.encode(`${options.onError(error)}\n`))
          end()
          controller.close()
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}
