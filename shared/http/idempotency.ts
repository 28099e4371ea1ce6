import { createHash } from 'node:crypto'
import { TrickleError } from '../errors/index.ts'
import { canonicalJson } from '../json/index.ts'
import { type Idempotency, type RouteFacts } from './route-types.ts'

export const idempotencyKeyHeader = 'idempotency-key'
/** Visible ASCII: it is stored, logged and compared, and a header can carry nothing else reliably. */
const KEY = /^[\x21-\x7e]{1,200}$/

/**
 * Reads the Idempotency-Key of a request, if the route keeps receipts.
 * @throws TrickleError INVALID_IDEMPOTENCY_KEY for a malformed key, and for any key on a write that keeps no receipt:
 * the caller would rely on a protection that it does not have.
 */
export function readIdempotencyKey(headers: Headers, route: RouteFacts): string | null {
  const key = headers.get(idempotencyKeyHeader)
  if (key === null || route.method === 'GET') return null
  if (route.idempotency === 'none') {
    throw new TrickleError(
      'INVALID_IDEMPOTENCY_KEY',
      'This route keeps no receipts, so an Idempotency-Key cannot protect from a repetition. Send the request without it.',
    )
  }
  if (!KEY.test(key)) {
    throw new TrickleError(
      'INVALID_IDEMPOTENCY_KEY',
      'An Idempotency-Key has 1 to 200 visible ASCII characters and is sent once.',
    )
  }
  return key
}

/** What identifies a request besides its key. `body` is the parsed JSON as it came; undefined without a body. */
export interface RequestIdentity {
  readonly method: string
  readonly path: string
  readonly params: unknown
  readonly query: unknown
  readonly mediaType: string | null
  readonly body: unknown
}

/** SHA-256 over a canonical text, so that white space and the order of members make no other request. */
export function fingerprintOf({ body, ...rest }: RequestIdentity): Buffer {
  const hash = createHash('sha256')
  hash.update(canonicalJson(rest))
  // JSON text holds no raw line break, so that the two parts cannot run into one another.
  hash.update('\n')
  hash.update(body === undefined ? '' : canonicalJson(body))
  return hash.digest()
}

export function idempotencyOf(key: string | null, identity: RequestIdentity): Idempotency | null {
  return key === null ? null : { key, fingerprint: fingerprintOf(identity) }
}
