import type { ReadableStream } from 'node:stream/web'
import type { TrickleError } from '../errors/index.ts'
import type { ClientConnection } from './client-connection.ts'
import type { Deadline } from './deadline.ts'
import { ndjsonBody } from './ndjson.ts'
import { problemDocument, problemHeaders } from './problem.ts'
import type { Occurrence } from './problem.ts'
import { reply } from './reply.ts'
import type { Reply } from './reply.ts'
import { eventStreamBody } from './server-sent-events.ts'

/**
 * What every answer carries unless its handler says otherwise. Answers hold tenants' data, so no cache may keep them; an
 * answer that somebody opens in a browser must not run, frame or leak anything.
 */
const defaultHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  // Browsers obey this header on https only. It holds for a year and for this host alone: subdomains may belong to
  // others.
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
}

/**
 * What Node's http module accepts. It checks the headers after our wrapper has ended, and an error there would leave the
 * client without an answer.
 */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** They belong to one connection, and the platform has several on the way to the client (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** An answer as it is sent. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>
}

/** What a finished answer needs to know of its request. */
export interface AnswerContext {
  readonly deadline: Deadline
  readonly client: ClientConnection
  /** True for HEAD: the same headers, no body. */
  readonly isBodyless: boolean
  /** Reports an error after the first byte and returns its problem document, as JSON. */
  readonly onStreamError: (error: unknown) => string
}

/**
 * Encodes a reply. Everything that could fail fails here, inside of the wrapper. For a streamed body
 * the deadline goes on until the body ends.
 */
export async function encodeReply(given: Reply, context: AnswerContext): Promise<Answer> {
  const headers = headersOf(given)
  const streamed = context.isBodyless ? undefined : await encodeStream(given, context)
  if (streamed !== undefined) return { status: given.status, headers, body: streamed }
  context.deadline.clear()
  const body = encodeContent(given)
  if (body === null) return { status: given.status, headers }
  headers['content-length'] = String(Buffer.byteLength(body))
  return { status: given.status, headers, ...(context.isBodyless ? {} : { body }) }
}

async function encodeStream(
  { content }: Reply,
  { deadline, client, onStreamError }: AnswerContext,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const ending = { signal: deadline.signal, client, onError: onStreamError, onEnd: deadline.clear }
  if (content.kind === 'ndjson') return ndjsonBody({ lines: content.lines, ...ending })
  if (content.kind === 'serverSentEvents') return eventStreamBody({ events: content.events, ...ending })
  return undefined
}

function headersOf(given: Reply): Record<string, string> {
  const headers = { ...defaultHeaders }
  if (given.contentType !== undefined) headers['content-type'] = given.contentType
  for (const [name, value] of Object.entries(given.headers)) headers[name.toLowerCase()] = value
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value) || HOP_BY_HOP.has(name)) {
      throw new TypeError(`The header ${JSON.stringify(name)} cannot be sent`)
    }
  }
  return headers
}

function encodeContent({ content }: Reply): string | Uint8Array | null {
  switch (content.kind) {
    case 'json':
      return JSON.stringify(content.value) ?? 'null'
    case 'jsonText':
    case 'text':
      return content.text
    case 'bytes':
      return content.bytes
    case 'ndjson':
    case 'serverSentEvents':
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
