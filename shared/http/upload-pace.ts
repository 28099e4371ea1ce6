import { ReadableStream } from 'node:stream/web'
import { TrickleError } from '../errors/index.ts'
import { discardRest } from './body.ts'
import type { BodyPart, BodyReader, RequestBody } from './incoming-request.ts'

/** How slowly a client may send a body that its handler reads while it comes. */
export interface UploadPace {
  /** Bytes that must come, white space not counted: blank lines keep a connection busy and bring nothing. */
  readonly bytesMin: number
  /**
   * The time within which they must come. Only waiting for the client counts, not the time that the handler takes in
   * between.
   */
  readonly withinMs: number
}

/**
 * About a kilobyte a second, a thousandth of a slow line. The time is longer than the 20 s after which `trickle import`
 * ends a request whose source gives little, so that a slow source is never refused.
 */
export const uploadPace: UploadPace = { bytesMin: 32_768, withinMs: 30_000 }

/**
 * A body that fails when its client sends too slowly, or when the time of the request is over. Otherwise a handler that
 * waits for the next byte would hold its place for as long as the client likes.
 *
 * If the handler stops reading, the rest is discarded, so that the client still gets its answer (body.ts).
 */
export function pacedBody(
  body: RequestBody,
  signal: AbortSignal,
  pace: UploadPace = uploadPace,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let waitedMs = 0
  let bytes = 0
  const end = (): void => {
    void discardRest(reader)
  }
  const next = async () => {
    const sinceMs = performance.now()
    const result = await readWithin(reader, signal, pace.withinMs - waitedMs, () => tooSlow(pace))
    waitedMs += performance.now() - sinceMs
    bytes += contentBytes(result.value, pace.bytesMin - bytes)
    if (bytes < pace.bytesMin) return result
    bytes = 0
    waitedMs = 0
    return result
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await next()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          end()
          throw error
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

function readWithin(reader: BodyReader, signal: AbortSignal, leftMs: number, late: () => Error) {
  return new Promise<BodyPart>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    const timer = setTimeout(() => reject(late()), leftMs)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    reader
      .read()
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      })
  })
}

/**
 * Counts the bytes that are no white space, and stops at the number needed: of a fast upload only a small part is read
 * here.
 */
function contentBytes(chunk: Uint8Array | undefined, needed: number): number {
  let count = 0
  for (const byte of chunk ?? []) {
    if (!isWhiteSpace(byte)) count += 1
    if (count >= needed) break
  }
  return count
}

/** Space, tab and the line breaks of ASCII. */
const isWhiteSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

function tooSlow({ bytesMin, withinMs }: UploadPace): TrickleError {
  return new TrickleError(
    'UPLOAD_TOO_SLOW',
    `Less than ${bytesMin} bytes of the body came in ${withinMs / 1_000} s (blank lines are not counted). Send it as fast as it is read, and what is not ready yet in another request.`,
  )
}
