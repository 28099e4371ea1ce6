import { type HttpResponseInit } from '@azure/functions'
import { type TrickleError } from '../errors/index.ts'
import { type Deadline } from './deadline.ts'
import { ndjsonBody } from './ndjson.ts'
import { problemDocument, problemHeaders, type Occurrence } from './problem.ts'
import { reply, type Reply } from './reply.ts'

/**
 * What every answer carries unless its handler says otherwise. Answers hold tenants' data, so no cache may keep them; an
 * answer that somebody opens in a browser must not run, frame or leak anything.
 */
const defaultHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  // Browsers heed it on https only. A year, and this host alone: subdomains are not ours to bind.
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
}

/** What Node's http module lets through; the library hands headers to it after our wrapper, where a throw hangs the client. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** What a finished answer needs to know of its request. */
export interface AnswerContext {
  readonly deadline: Deadline
  /** True for HEAD: the same headers, no body. */
  readonly isBodyless: boolean
  /** Tells of an error after the first byte and gives the line that ends the reply. */
  readonly onStreamError: (error: unknown) => string
}

/**
 * Encodes a reply for the library. Everything that could fail fails here, inside of the wrapper. The deadline goes on for
 * a streamed body and is cleared by its end.
 */
export async function encodeReply(given: Reply, context: AnswerContext): Promise<HttpResponseInit> {
  const headers = headersOf(given)
  if (given.content.kind === 'ndjson' && !context.isBodyless) {
    const { lines } = given.content
    const { deadline, onStreamError } = context
    const body = await ndjsonBody({
      lines,
      signal: deadline.signal,
      onError: onStreamError,
      onEnd: deadline.clear,
    })
    return { status: given.status, headers, body }
  }
  const bytes = encodeContent(given)
  context.deadline.clear()
  if (bytes === null) return { status: given.status, headers }
  headers.set('Content-Length', String(bytes.byteLength))
  return { status: given.status, headers, ...(context.isBodyless ? {} : { body: bytes }) }
}

function headersOf(given: Reply): Headers {
  const headers = new Headers(defaultHeaders)
  if (given.contentType !== undefined) headers.set('Content-Type', given.contentType)
  for (const [name, value] of Object.entries(given.headers)) {
    if (!HEADER_VALUE.test(value)) throw new TypeError(`The value of the header ${name} cannot be sent`)
    headers.set(name, value)
  }
  return headers
}

function encodeContent({ content }: Reply): Uint8Array | null {
  switch (content.kind) {
    case 'json':
      return Buffer.from(JSON.stringify(content.value) ?? 'null')
    case 'jsonText':
    case 'text':
      return Buffer.from(content.text)
    case 'bytes':
      return content.bytes
    case 'ndjson':
    case 'none':
      return null
  }
}

/** The answer to an error, as application/problem+json. */
export function problemReply(error: TrickleError, occurrence: Occurrence): Reply {
  return reply(error.status, {
    headers: problemHeaders(error),
    json: problemDocument(error, occurrence),
    contentType: 'application/problem+json',
  })
}
