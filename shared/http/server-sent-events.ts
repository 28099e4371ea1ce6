import type { ReadableStream } from 'node:stream/web'
import { streamedBody } from './streamed-body.ts'
import type { StreamedBodyOptions } from './streamed-body.ts'

/** One event of a stream of server-sent events (WHATWG HTML, §9.2). Without data it only moves the client's last id. */
export interface ServerSentEvent {
  /** What the client sends as Last-Event-ID when it comes back. */
  readonly id?: string
  readonly event?: string
  /** One line: JSON text without line breaks. */
  readonly data?: string
  /** How long the client waits before it comes back. */
  readonly retryMs?: number
  /** Clients ignore it; it keeps the connection from looking idle. */
  readonly comment?: string
}

/**
 * The text of an event, with its empty line at the end.
 * @throws TypeError where a value holds a line break: what follows it would be taken for a field of its own.
 */
export function serverSentEvent({ id, event, data, retryMs, comment }: ServerSentEvent): string {
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['', comment],
    ['retry', retryMs === undefined ? undefined : String(retryMs)],
    ['id', id],
    ['event', event],
    ['data', data],
  ]
  let text = ''
  for (const [name, value] of fields) {
    if (value === undefined) continue
    if (/[\r\n\0]/.test(value)) throw new TypeError(`A ${name || 'comment'} of an event is one line`)
    text += `${name}: ${value}\n`
  }
  return `${text}\n`
}

export interface EventStreamOptions extends Omit<StreamedBodyOptions, 'chunks' | 'frame' | 'onError'> {
  /** Each string is one event or several, made by serverSentEvent. */
  readonly events: AsyncIterable<string>
  /** Reports an error after the first byte and returns the problem document, as JSON. */
  readonly onError: (error: unknown) => string
}

/**
 * Server-sent events as a body. An error after the first byte is sent as an event called `error` with the problem
 * document; EventSource gives it to the listeners of its own `error` events, as a MessageEvent with `data`.
 * @throws as streamedBody
 */
export function eventStreamBody({
  events,
  onError,
  ...rest
}: EventStreamOptions): Promise<ReadableStream<Uint8Array>> {
  return streamedBody({
    ...rest,
    chunks: events,
    frame: (text) => text,
    onError: (error) => serverSentEvent({ event: 'error', data: onError(error) }),
  })
}
