import { TrickleError } from '../errors/index.ts'
import { readBearerToken } from './bearer.ts'
import { readIdentity, type Identity } from './identity.ts'
import { isTrustworthyUrl } from './issuer-url.ts'
import { createKeySource, type KeySource } from './key-source.ts'
import { explainJoseError, isJoseError, tokenRefusal } from './refusal.ts'
import { createVerifiedCache } from './verified-cache.ts'

export interface TokenVerifierOptions {
  /** The `iss` that tokens must carry, compared as it is. */
  readonly issuer: string
  /** The `aud` that tokens must carry, alone or among others. */
  readonly audience: string
  /** Where the issuer publishes its keys; absent: found by OpenID Connect discovery. */
  readonly jwksUrl?: string | undefined
  /** The claim that names the tenant. */
  readonly tenantClaim: string
  /** The claim that lists the roles, as an array or separated by spaces. */
  readonly rolesClaim: string
  /** Allows http and loopback issuers; for the local run and tests only. */
  readonly allowInsecure: boolean
}

export interface TokenVerifier {
  /**
   * Checks an Authorization header.
   * @throws TrickleError TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED (each with WWW-Authenticate), ISSUER_UNAVAILABLE
   */
  readonly verify: (authorizationHeader: string | null | undefined) => Promise<Identity>
}

/** Signatures only: with a shared secret (HS256) everybody who can check a token could make one, and `none` proves nothing. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA']
/** Clocks of issuer and instance differ by seconds; a minute avoids refusals that nobody can explain, and adds little to a token's life. */
const CLOCK_TOLERANCE_SECONDS = 60

/**
 * Makes the check of bearer tokens (RFC 6750, JWT by RFC 7519, best practice by RFC 8725). Nothing is fetched or loaded
 * before the first token.
 * @throws TrickleError CONFIGURATION_INVALID for a URL that may not be trusted.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  for (const url of [options.issuer, options.jwksUrl]) {
    if (url !== undefined && !isTrustworthyUrl(url, options.allowInsecure)) {
      throw new TrickleError(
        'CONFIGURATION_INVALID',
        'The token issuer and its key URL must be https and not a loopback address, except in a local run.',
      )
    }
  }
  const expected = { issuer: options.issuer, audience: options.audience, algorithms: ALGORITHMS }
  const verified = createVerifiedCache()
  let keySource: KeySource | undefined

  const check = async (token: string): Promise<Identity> => {
    const jose = await import('./jose.chunk.ts')
    keySource ??= createKeySource(jose, options)
    try {
      // Asked before the keys are: a foreign token must not make us fetch, and its reader learns more from this than
      // from an unknown key. The claim is believed only for the refusal.
      if (jose.decodeJwt(token).iss !== options.issuer) {
        throw tokenRefusal(
          'TOKEN_INVALID',
          `The token is from another issuer; expected is ${options.issuer}.`,
        )
      }
      const { payload } = await jose.jwtVerify(token, keySource, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      })
      return readIdentity(payload, options)
    } catch (error) {
      throw isJoseError(error) ? explainJoseError(error, expected) : error
    }
  }

  return {
    async verify(authorizationHeader) {
      const token = readBearerToken(authorizationHeader)
      const known = verified.get(token)
      if (known !== undefined) return known
      const identity = await check(token)
      verified.set(token, identity)
      return identity
    },
  }
}
