import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { KustoFailure } from '../failure.ts'

const unzip = promisify(gunzip)

/**
 * The request's body, uncompressed.
 * @throws KustoFailure 413 above `maxBytes` (uncompressed), 400 when the bytes are not gzip
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const body = await collect(request, maxBytes)
  if (request.headers['content-encoding']?.toLowerCase() !== 'gzip') return body
  try {
    return await unzip(body, { maxOutputLength: maxBytes })
  } catch (cause) {
    const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
    if (isTooLarge) throw tooLarge(maxBytes)
    throw new KustoFailure({ message: 'The body says gzip and is not.', cause })
  }
}

async function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    // A body that is too large is still read to its end. A client that is still sending would not see the answer.
    if (length <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
  }
  if (length > maxBytes) throw tooLarge(maxBytes)
  return Buffer.concat(chunks)
}

function tooLarge(maxBytes: number): KustoFailure {
  return new KustoFailure({
    status: 413,
    code: 'RequestEntityTooLarge',
    message: `The request's body has more than ${maxBytes} bytes.`,
  })
}
