import { createHash } from 'node:crypto'

/**
 * The session id of a message to an ordered queue: SHA-256 of the tenant, U+0000 and the stream id in UTF-8, as base64url
 * without padding: 43 characters. A session id has 128 characters at most and a stream id 255, and streams of two
 * tenants may have one name. Any other session id that keeps a stream in one session serves as well.
 * @param tenant as the messages name it; a sender always uses the same one of its names
 */
export const sessionIdOf = (tenant: string, streamId: string): string =>
  createHash('sha256').update(`${tenant}\u0000${streamId}`, 'utf8').digest('base64url')
