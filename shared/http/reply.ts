/** The body of a reply, before it is encoded. */
export type ReplyContent =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'jsonText'; readonly text: string }
  | { readonly kind: 'ndjson'; readonly lines: AsyncIterable<string> }
  | { readonly kind: 'serverSentEvents'; readonly events: AsyncIterable<string> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/** What a handler answers. Made by `reply`. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string | undefined
  readonly content: ReplyContent
}

export interface ReplyOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Written by `JSON.stringify`. */
  readonly json?: unknown
  /** JSON text from the store, handed through as it is. */
  readonly jsonText?: string
  /**
   * JSON lines, each string one or several of them, joined by \n and without one at the end. An error before the first
   * string becomes a problem document; a later one ends the reply with the line `{"error": {problem document}}`.
   */
  readonly ndjson?: AsyncIterable<string>
  /**
   * Server-sent events, each string one or several of them as `serverSentEvent` writes them. An error before the first
   * string becomes a problem document; a later one ends the reply with an event `error` whose data is the document.
   */
  readonly serverSentEvents?: AsyncIterable<string>
  readonly text?: string
  readonly bytes?: Uint8Array
  readonly contentType?: string
}

const defaultTypes: Readonly<Record<ReplyContent['kind'], string | undefined>> = {
  none: undefined,
  json: 'application/json',
  jsonText: 'application/json',
  ndjson: 'application/x-ndjson',
  serverSentEvents: 'text/event-stream',
  text: 'text/plain; charset=utf-8',
  bytes: 'application/octet-stream',
}

/** The fetch standard's "null body statuses" among those that a handler can answer: a body with them makes the library throw. */
const BODILESS_STATUSES: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Makes a reply with at most one body.
 * @throws TypeError where the status or the body is not possible: the library would throw after the kernel's wrapper, and
 * the client would never get an answer.
 */
export function reply(status: number, options: ReplyOptions = {}): Reply {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`${status} is no status that can be answered`)
  }
  const contents = contentsOf(options)
  const content = contents[0] ?? { kind: 'none' }
  if (contents.length > 1) throw new TypeError('A reply has one body at most')
  if (content.kind !== 'none' && BODILESS_STATUSES.has(status)) {
    throw new TypeError(`A reply with status ${status} has no body`)
  }
  return {
    status,
    headers: options.headers ?? {},
    contentType: options.contentType ?? defaultTypes[content.kind],
    content,
  }
}

function contentsOf({ json, jsonText, ndjson, serverSentEvents, text, bytes }: ReplyOptions): ReplyContent[] {
  const contents: ReplyContent[] = []
  if (json !== undefined) contents.push({ kind: 'json', value: json })
  if (jsonText !== undefined) contents.push({ kind: 'jsonText', text: jsonText })
  if (ndjson !== undefined) contents.push({ kind: 'ndjson', lines: ndjson })
  if (serverSentEvents !== undefined) contents.push({ kind: 'serverSentEvents', events: serverSentEvents })
  if (text !== undefined) contents.push({ kind: 'text', text })
  if (bytes !== undefined) contents.push({ kind: 'bytes', bytes })
  return contents
}

/** Tells the client that this answer is the first one again, not the result of a second execution. */
export function markReplayed(original: Reply): Reply {
  return { ...original, headers: { ...original.headers, 'Idempotency-Replayed': 'true' } }
}
