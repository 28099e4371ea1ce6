import { setTimeout as delay } from 'node:timers/promises'
import { TrickleError } from '../errors/index.ts'
import type { BodyReader, IncomingRequest } from './incoming-request.ts'

/**
 * Reads a whole body, counting while it arrives.
 * @throws TrickleError BODY_TOO_LARGE as soon as the declared or the counted size exceeds `maxBytes`
 */
export async function readBody(
  request: IncomingRequest,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const declared = declaredLength(request)
  // Nothing has been read yet, so the server itself discards the body when the answer is sent.
  if (declared !== null && declared > maxBytes) throw tooLarge(maxBytes)
  const reader = request.body?.getReader() ?? null
  if (reader === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > maxBytes || signal.aborted) {
      void discardRest(reader)
      signal.throwIfAborted()
      throw tooLarge(maxBytes)
    }
    chunks.push(value)
  }
  const [first] = chunks
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size)
}

/**
 * Makes sure that a request brings no body.
 * @throws TrickleError VALIDATION_FAILED
 */
export async function refuseBody(request: IncomingRequest): Promise<void> {
  if ((declaredLength(request) ?? 0) > 0) throw bodyNotTaken()
  const reader = request.body?.getReader() ?? null
  if (reader === null) return
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (value.byteLength > 0) {
      void discardRest(reader)
      throw bodyNotTaken()
    }
  }
}

/** Made only when it is thrown: every read would pay for its stack. */
const bodyNotTaken = (): TrickleError =>
  new TrickleError('VALIDATION_FAILED', 'This route takes no body. Send the request without one.')

/** Content-Length as a number; null where there is none, as with a chunked upload. */
function declaredLength(request: IncomingRequest): number | null {
  const header = request.headers.get('content-length')
  return header !== null && /^\d+$/.test(header) ? Number(header) : null
}

function tooLarge(maxBytes: number): TrickleError {
  return new TrickleError(
    'BODY_TOO_LARGE',
    `The body exceeds the ${maxBytes} bytes that this route accepts.`,
    {
      extensions: { maxBytes },
    },
  )
}

/** How much a client may go on sending after its refusal: twice the largest body of any route. */
const DISCARDED_BYTES_MAX = 16_777_216
const DISCARDING_MAX_MS = 10_000

/**
 * Reads on without keeping anything. Cancelling at once would leave the connection standing with the rest of the body
 * in it (the stream is a socket that the library shares with the answer): most clients read the answer only after they
 * have sent everything, and would wait for the server's request timeout instead. Only a client that sends far too much
 * or too slowly is left to that timeout.
 */
export async function discardRest(reader: BodyReader): Promise<void> {
  const expired = delay(DISCARDING_MAX_MS, 'expired' as const, { ref: false })
  try {
    let size = 0
    while (size < DISCARDED_BYTES_MAX) {
      const result = await Promise.race([reader.read(), expired])
      if (result === 'expired') break
      if (result.done) return
      size += result.value.byteLength
    }
    await reader.cancel()
  } catch {
    // The client has hung up by itself: nothing is left to discard.
  }
}
