import { TrickleError } from '../errors/index.ts'

/** Fatal: a replacement character would silently change what the client sent. `ignoreBOM: false` drops a leading U+FEFF. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Decodes bytes as UTF-8; one byte order mark at the start is tolerated and dropped.
 * @throws TrickleError MALFORMED_JSON where the bytes are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new TrickleError('MALFORMED_JSON', 'The body is not valid UTF-8. Send JSON encoded as UTF-8.')
  }
}
