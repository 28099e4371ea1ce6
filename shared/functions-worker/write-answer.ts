import type { ServerResponse } from 'node:http'
import { INVOCATION_HEADER } from './meeting-point.ts'
import type { Answer } from '../http/index.ts'

/**
 * Sends an answer of the kernel, and waits until all of it is written. The kernel has checked the headers, and a body
 * that is a stream waits by itself for a slow client.
 * @throws what a stream throws: part of the answer is sent then
 */
export async function writeAnswer(
  response: ServerResponse,
  { status, headers, body }: Answer,
  invocationId: string,
): Promise<void> {
  // A client that has disconnected needs no answer; a write to it is no defect.
  response.on('error', () => undefined)
  response.writeHead(status, { ...headers, [INVOCATION_HEADER]: invocationId })
  if (typeof body === 'string' || body instanceof Uint8Array || body === undefined) {
    response.end(body)
    return
  }
  for await (const part of body) {
    if (response.destroyed) break
    response.write(part)
  }
  response.end()
}
