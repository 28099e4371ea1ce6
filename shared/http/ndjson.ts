import type { ReadableStream } from 'node:stream/web'
import { streamedBody } from './streamed-body.ts'
import type { StreamedBodyOptions } from './streamed-body.ts'

export interface NdjsonOptions extends Omit<StreamedBodyOptions, 'chunks' | 'frame' | 'onError'> {
  /** Each string is one line or several, joined by \n and without one at the end. */
  readonly lines: AsyncIterable<string>
  /** Reports an error after the first byte and returns the problem document, as JSON. */
  readonly onError: (error: unknown) => string
}

/**
 * JSON lines as a body. An error after the first line becomes a last line `{"error": {problem document}}`, and no line
 * of data has a member of that name at its top.
 * @throws as streamedBody
 */
export function ndjsonBody({ lines, onError, ...rest }: NdjsonOptions): Promise<ReadableStream<Uint8Array>> {
  return streamedBody({
    ...rest,
    chunks: lines,
    frame: (line) => `${line}\n`,
    onError: (error) => `{"error":${onError(error)}}\n`,
  })
}
