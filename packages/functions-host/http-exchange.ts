/** One HTTP request on its way through the host, and the answers the host itself gives. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestPath } from './request-path.ts'

export interface HttpExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: RequestPath
  /** Headers for every response of this exchange (CORS): names and values in turn. */
  readonly extraHeaders: readonly string[]
}

/** The rest of a refused upload is read and dropped for this long, so that the client can see the answer. */
const REFUSED_UPLOAD_GRACE_MS = 5_000

/** Answers without a body. If an answer has begun already, it is cut off. */
export function answerEmpty(exchange: HttpExchange, status: number): void {
  const { response, extraHeaders } = exchange
  if (response.headersSent) {
    response.destroy()
    return
  }
  // By the standard a 204 has no Content-Length. Every other status gets the length 0.
  const length = status === 204 ? [] : ['Content-Length', '0']
  response.writeHead(status, [...extraHeaders, ...length])
  response.end()
}

export function answerJson(exchange: HttpExchange, status: number, content: unknown): void {
  answerText(exchange, status, 'application/json; charset=utf-8', JSON.stringify(content))
}

export function answerText(exchange: HttpExchange, status: number, contentType: string, text: string): void {
  const body = Buffer.from(text)
  exchange.response.writeHead(status, [
    ...exchange.extraHeaders,
    'Content-Type',
    contentType,
    'Content-Length',
    String(body.length),
  ])
  exchange.response.end(body)
}

/** Answers 413 and closes the connection soon after, so that an endless upload does not keep it open. */
export function answerTooLarge(exchange: HttpExchange): void {
  const { request } = exchange
  answerEmpty(exchange, 413)
  request.resume()
  const timer = setTimeout(() => request.socket.destroy(), REFUSED_UPLOAD_GRACE_MS)
  request.once('close', () => clearTimeout(timer))
}

/** The length of the body according to its header; undefined when the body comes in chunks, 0 without a body. */
export function declaredBodyBytes(request: IncomingMessage): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined
  return Number(request.headers['content-length'] ?? 0)
}

/** Reads a whole body; undefined when it is longer than `limitBytes`. Rejects when the client disconnects. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = chunk as Buffer
    length += bytes.length
    if (length > limitBytes) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks, length)
}
