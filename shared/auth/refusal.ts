import { TrickleError } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'

/** RFC 6750 §3 allows printable ASCII without quote and backslash in an error_description. */
const NOT_ALLOWED_IN_DESCRIPTION = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g

/**
 * The WWW-Authenticate header that RFC 6750 §3 asks for with 401 and 403. Without an error it only says that a bearer
 * token is needed, as §3.1 demands where the request brought none.
 */
export function challengeHeader(
  error?: 'invalid_token' | 'insufficient_scope',
  description?: string,
): Record<string, string> {
  const parts = ['Bearer realm="trickle"']
  if (error !== undefined) parts.push(`error="${error}"`)
  if (description !== undefined) {
    parts.push(`error_description="${description.replace(NOT_ALLOWED_IN_DESCRIPTION, "'")}"`)
  }
  return { 'WWW-Authenticate': parts.join(', ') }
}

/** A refused token. `detail` must not contain any part of the token. */
export function tokenRefusal(
  code: Extract<ErrorCode, 'TOKEN_MISSING' | 'TOKEN_INVALID' | 'TOKEN_EXPIRED'>,
  detail: string,
): TrickleError {
  const headers = code === 'TOKEN_MISSING' ? challengeHeader() : challengeHeader('invalid_token', detail)
  return new TrickleError(code, detail, { headers })
}

/** True for an error of the token library, whatever copy of it the error comes from. */
export function isJoseError(error: unknown): boolean {
  return readText(error, 'code')?.startsWith('ERR_J') === true
}

/**
 * The claims of a token whose signature was valid and that the library refused because of a claim; otherwise undefined.
 */
export function claimsOfJoseError(error: unknown): unknown {
  return error instanceof Error && 'payload' in error ? error.payload : undefined
}

/** What the library's error says, in words for the caller. The error itself is not kept as cause: it holds the claims. */
export function explainJoseError(error: unknown, expected: Expected): TrickleError {
  const code = readText(error, 'code')
  if (code === 'ERR_JWT_EXPIRED') {
    return tokenRefusal('TOKEN_EXPIRED', 'The token has expired. Get a new one from the issuer.')
  }
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') {
    return tokenRefusal('TOKEN_INVALID', explainClaim(error, expected))
  }
  const explain = explanations[code ?? '']
  return tokenRefusal(
    'TOKEN_INVALID',
    explain === undefined ? 'The token is not a well-formed signed JWT.' : explain(expected),
  )
}

const explanations: Readonly<Record<string, (expected: Expected) => string>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: ({ algorithms }) =>
    `The token is not signed with one of the accepted algorithms: ${algorithms.join(', ')}.`,
  ERR_JWKS_NO_MATCHING_KEY: ({ issuer }) => `The token is signed with a key that ${issuer} does not publish.`,
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: () => 'The token does not name its key (kid), and several keys would fit.',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: () => 'The signature of the token does not fit its content.',
}

/** What this installation expects of a token. */
export interface Expected {
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly string[]
}

function explainClaim(error: unknown, expected: Expected): string {
  const claim = readText(error, 'claim')
  if (readText(error, 'reason') !== 'check_failed') return `The token lacks a proper claim "${claim}".`
  if (claim === 'iss') return `The token is from another issuer; expected is ${expected.issuer}.`
  if (claim === 'aud') return `The token is for another audience; expected is ${expected.audience}.`
  if (claim === 'nbf') return 'The token is not valid yet (nbf is in the future).'
  return `The claim "${claim}" of the token is not as expected.`
}

/** Fields are read by name: the class of the error is in another bundle, so `instanceof` does not work. */
function readText(error: unknown, field: 'code' | 'claim' | 'reason'): string | undefined {
  if (!(error instanceof Error) || !(field in error)) return undefined
  const value: unknown = Reflect.get(error, field)
  return typeof value === 'string' ? value : undefined
}
