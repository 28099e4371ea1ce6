import { tokenRefusal } from './refusal.ts'

/** Entra ID puts up to 200 group ids of 36 characters into a token, which makes about 11 KiB; more is not a token. */
const TOKEN_CHARACTERS_MAX = 12_288

/** RFC 6750 §2.1: the scheme, which is not case-sensitive, spaces, and a b64token. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * Takes the token out of an Authorization header.
 * @throws TrickleError TOKEN_MISSING, TOKEN_INVALID
 */
export function readBearerToken(authorization: string | null | undefined): string {
  if (authorization === null || authorization === undefined || authorization.trim() === '') {
    throw tokenRefusal(
      'TOKEN_MISSING',
      'The request carries no token. Send the header "Authorization: Bearer <token>".',
    )
  }
  if (authorization.length > TOKEN_CHARACTERS_MAX) {
    throw tokenRefusal(
      'TOKEN_INVALID',
      `The Authorization header is longer than ${TOKEN_CHARACTERS_MAX} characters.`,
    )
  }
  const token = BEARER.exec(authorization.trim())?.[1]
  if (token === undefined) {
    throw tokenRefusal('TOKEN_INVALID', 'The Authorization header is not "Bearer <token>" with one token.')
  }
  return token
}
