import { createHash } from 'node:crypto'
import { TrickleError } from '../errors/index.ts'
import { canonicalJson, canonicalPieces } from '../json/index.ts'
import { Turns } from '../turns/index.ts'
import type { Idempotency, RouteFacts } from './route-types.ts'
import type { RequestHeaders } from './incoming-request.ts'

export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key'
/** Visible ASCII: the key is stored, logged and compared, and a header cannot carry other characters reliably. */
const KEY = /^[\x21-\x7e]{1,200}$/
/** A string of a structured header (RFC 9651 §3.3.3), the form that the IETF's draft gives the key. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/** Stored before each key that came by HTTP: the same key from another source, such as a queue, is another key. */
const DOOR = 'http:'

/**
 * Reads the Idempotency-Key of a request, if the route keeps receipts. `"abc"` is the same key as `abc`.
 * @throws TrickleError INVALID_IDEMPOTENCY_KEY for a malformed key, and for any key on a write that keeps no receipt:
 * the caller would rely on a protection that it does not have.
 */
export function readIdempotencyKey(headers: RequestHeaders, route: RouteFacts): string | null {
  const header = headers.get(IDEMPOTENCY_KEY_HEADER)
  if (header === null || route.method === 'GET') return null
  if (route.idempotency === 'none') {
    throw new TrickleError(
      'INVALID_IDEMPOTENCY_KEY',
      'This route keeps no receipts, so an Idempotency-Key cannot protect from a repetition. Send the request without it.',
    )
  }
  const key = header.startsWith('"') ? unquoted(header) : header
  if (!KEY.test(key)) {
    throw new TrickleError(
      'INVALID_IDEMPOTENCY_KEY',
      'An Idempotency-Key has 1 to 200 visible ASCII characters and is sent once; it may stand in double quotes.',
    )
  }
  return key
}

/** What stands between the quotes; '' where the header is not one quoted string. */
function unquoted(header: string): string {
  return (QUOTED.exec(header)?.[1] ?? '').replaceAll(/\\(["\\])/g, '$1')
}

/** What identifies a request besides its key. */
export interface RequestIdentity {
  readonly method: string
  readonly path: string
  readonly params: unknown
  readonly query: unknown
  /** Headers that say when the write may happen, as they came; absent ones left out. */
  readonly conditions: Readonly<Record<string, string>>
  readonly mediaType: string | null
  /** The parsed JSON in the form of its schema; undefined without a body. */
  readonly body: unknown
  /** True for a body of megabytes: it is worked through in turns. */
  readonly isLong: boolean
}

export async function idempotencyOf(
  key: string | null,
  identity: RequestIdentity,
  signal: AbortSignal,
): Promise<Idempotency | null> {
  if (key === null) return null
  return { key: `${DOOR}${key}`, fingerprint: await fingerprintOf(identity, signal) }
}

/** SHA-256 over a canonical text, so that white space and the order of members do not change it. */
async function fingerprintOf(
  { body, isLong, ...rest }: RequestIdentity,
  signal: AbortSignal,
): Promise<Buffer> {
  const hash = createHash('sha256')
  hash.update(canonicalJson(rest))
  // JSON text holds no raw line break, so that the two parts cannot run into one another.
  hash.update('\n')
  if (!isLong) return hash.update(body === undefined ? '' : canonicalJson(body)).digest()
  const turns = new Turns()
  for (const piece of canonicalPieces(body)) {
    hash.update(piece)
    await turns.after(piece.length)
    signal.throwIfAborted()
  }
  return hash.digest()
}
