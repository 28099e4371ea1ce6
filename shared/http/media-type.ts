import { TrickleError } from '../errors/index.ts'
import type { RequestHeaders } from './incoming-request.ts'

/** A media type and its charset, both in lower case; null where the header has none. */
export interface MediaType {
  readonly essence: string
  readonly charset: string | null
}

/** RFC 9110 §8.3.1: type/subtype and parameters, whose values may be quoted. */
const ESSENCE = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i

/** Reads a Content-Type header; null where it is missing or not one media type. */
export function parseMediaType(header: string | null): MediaType | null {
  if (header === null) return null
  const essence = (header.split(';', 1)[0] ?? '').trim().toLowerCase()
  if (!ESSENCE.test(essence)) return null
  const charset = CHARSET.exec(header)
  return { essence, charset: (charset?.[1] ?? charset?.[2] ?? null)?.toLowerCase() ?? null }
}

/**
 * Checks that a body comes as the route takes it: one of its media types, as UTF-8 and not compressed (a few compressed
 * kilobytes can unpack to gigabytes, and the limits count what arrives).
 * @returns the media type, in lower case and without parameters
 * @throws TrickleError UNSUPPORTED_MEDIA_TYPE
 */
export function checkMediaType(headers: RequestHeaders, accepted: readonly string[]): string {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity' && encoding !== '') {
    throw new TrickleError('UNSUPPORTED_MEDIA_TYPE', 'Send the body without Content-Encoding.', {
      headers: { 'Accept-Encoding': 'identity' },
    })
  }
  const header = headers.get('content-type')
  const mediaType = parseMediaType(header)
  if (mediaType === null || !accepted.includes(mediaType.essence)) {
    const found = mediaType === null ? 'missing or not one media type' : `"${mediaType.essence}"`
    throw new TrickleError(
      'UNSUPPORTED_MEDIA_TYPE',
      `The Content-Type is ${found}. Accepted here: ${accepted.join(', ')}.`,
      { headers: { Accept: accepted.join(', ') } },
    )
  }
  if (mediaType.charset !== null && mediaType.charset !== 'utf-8' && mediaType.charset !== 'utf8') {
    throw new TrickleError('UNSUPPORTED_MEDIA_TYPE', 'Bodies must be encoded as UTF-8.')
  }
  return mediaType.essence
}
