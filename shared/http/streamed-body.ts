import { ReadableStream } from 'node:stream/web'
import { setImmediate as yieldToSockets } from 'node:timers/promises'
import type { ClientConnection } from './client-connection.ts'
import { withinDeadline } from './deadline.ts'

/**
 * A reply beyond this size is cut off with an error; handlers stay well below it and hand out a cursor to go on. It is
 * also the most that one slow client can make an instance hold in memory if its connection cannot be watched.
 */
export const STREAM_BYTES_MAX = 67_108_864

export interface StreamedBodyOptions {
  readonly chunks: AsyncIterable<string>
  /** How a string of the iterable is written. */
  readonly frame: (chunk: string) => string
  readonly signal: AbortSignal
  readonly client?: ClientConnection | undefined
  readonly maxBytes?: number | undefined
  /** Reports an error after the first byte and returns the text that ends the reply. */
  readonly onError: (error: unknown) => string
  /** Called once, when nothing more will be written. */
  readonly onEnd: () => void
}

/**
 * Turns an iterable into a body that is produced as it is read.
 *
 * The first string is awaited here, so that an error before it can still become a problem document. A later error must
 * not fail the stream: the library would throw, and the connection would stay open without an end. It becomes the last
 * text of the reply instead. The next string is asked for when the client has taken the one before.
 * @throws what the iterable throws before its first string, or the signal's reason
 */
export async function streamedBody(options: StreamedBodyOptions): Promise<ReadableStream<Uint8Array>> {
  const { signal, client, maxBytes = STREAM_BYTES_MAX } = options
  const iterator = options.chunks[Symbol.asyncIterator]()
  const stop = client === undefined ? signal : AbortSignal.any([signal, client.signal])
  const isGone = (): boolean => client?.signal.aborted === true
  let isEnded = false
  const end = (): void => {
    if (isEnded) return
    isEnded = true
    options.onEnd()
    // Not awaited: if the iterator hangs, its `return` hangs too.
    iterator.return?.().catch(() => undefined)
  }
  // A reader that has disconnected asks for nothing more: the iterable must be ended all the same.
  stop.addEventListener('abort', end, { once: true })
  const read = (): Promise<IteratorResult<string>> => withinDeadline(iterator.next(), stop)

  let next: IteratorResult<string>
  try {
    next = await read()
  } catch (error) {
    end()
    if (!isGone()) throw error
    next = { done: true, value: undefined }
  }
  const encoder = new TextEncoder()
  let writtenBytes = 0
  const write = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    if (next.done === true) {
      end()
      controller.close()
      return
    }
    const bytes = encoder.encode(options.frame(next.value))
    writtenBytes += bytes.byteLength
    if (writtenBytes > maxBytes) throw new Error(`One reply may not exceed ${maxBytes} bytes`)
    controller.enqueue(bytes)
    // An iterable that never waits would otherwise keep the process from writing to any socket.
    await yieldToSockets()
    if (client !== undefined) await withinDeadline(client.drained(), stop)
    next = await read()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await write(controller)
        } catch (error) {
          // If the client has disconnected, nobody can receive the error.
          if (!isGone()) controller.enqueue(encoder.encode(options.onError(error)))
          end()
          controller.close()
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}
