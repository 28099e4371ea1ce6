import { readBearerToken } from './bearer.ts'
import { readIdentity } from './identity.ts'
import type { Identity } from './identity.ts'
import { createIssuerList } from './issuers.ts'
import type { FoundIssuer, IssuerOptions } from './issuers.ts'
import type * as Jose from './jose.chunk.ts'
import { createKeySource } from './key-source.ts'
import type { KeySource } from './key-source.ts'
import { claimsOfJoseError, explainJoseError, isJoseError, tokenRefusal } from './refusal.ts'
import { noteRefusedCaller } from './refused-caller.ts'
import { checkTimes, CLOCK_TOLERANCE_SECONDS } from './token-times.ts'
import { createVerifiedCache } from './verified-cache.ts'

export interface TokenVerifierOptions {
  /** At least one, each once. */
  readonly issuers: readonly IssuerOptions[]
  /** The longest life of a token, both from `iat` to `exp` and from now to `exp`. */
  readonly lifetimeSecondsMax: number
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

/**
 * Only asymmetric signatures: with a shared secret (HS256) everybody who can check a token could make one, and `none`
 * proves nothing.
 */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA']

/**
 * Makes the check of bearer tokens (RFC 6750, JWT by RFC 7519, best practice by RFC 8725). Nothing is fetched or loaded
 * before the first token comes. The keys of an issuer are fetched when its own first token comes.
 * @throws TrickleError CONFIGURATION_INVALID for issuers that may not be trusted or contradict each other.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const findIssuer = createIssuerList(options.issuers, options.allowInsecure)
  const verified = createVerifiedCache()
  // One key source for each issuer: the failures and cooldowns of one issuer must not affect the tokens of another.
  const keySources = new Map<IssuerOptions, KeySource>()
  const keySourceOf = (jose: typeof Jose, issuer: IssuerOptions): KeySource => {
    const source =
      keySources.get(issuer) ??
      createKeySource(jose, {
        issuer: issuer.issuer,
        jwksUrl: issuer.jwksUrl,
        allowInsecure: options.allowInsecure,
      })
    keySources.set(issuer, source)
    return source
  }

  const check = async (token: string): Promise<Identity> => {
    const jose = await import('./jose.chunk.ts')
    // The issuer is checked before any keys are fetched: a token of a foreign issuer must not cause a fetch, and this
    // refusal says more to its reader than one about an unknown key. The claim only selects the issuer. It is believed
    // when a key of that issuer has signed the token.
    const iss = unverifiedIssuer(jose, token)
    const found = findIssuer(iss)
    if (found === undefined) throw foreignIssuer(options.issuers)
    const expected = {
      issuer: found.options.issuer,
      audience: found.options.audience,
      algorithms: ALGORITHMS,
    }
    try {
      const { payload } = await jose.jwtVerify(token, keySourceOf(jose, found.options), {
        issuer: String(iss),
        audience: found.options.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      })
      return readClaims(payload, found, options.lifetimeSecondsMax)
    } catch (error) {
      if (!isJoseError(error)) throw error
      const refusal = explainJoseError(error, expected)
      noteRefusedCaller(refusal, claimsOfJoseError(error), found.options.tenantClaim)
      throw refusal
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

function readClaims(
  payload: Readonly<Record<string, unknown>>,
  { options, directoryId }: FoundIssuer,
  lifetimeSecondsMax: number,
): Identity {
  try {
    checkTimes(payload, lifetimeSecondsMax)
    // Entra writes the directory into both claims. If they differ, the token is not from the directory that its issuer
    // names.
    if (directoryId !== null && payload['tid'] !== directoryId)
      throw tokenRefusal('TOKEN_INVALID', 'The claim "tid" of the token is not the directory of its issuer.')
    return readIdentity(payload, options)
  } catch (error) {
    noteRefusedCaller(error, payload, options.tenantClaim)
    throw error
  }
}

function unverifiedIssuer(jose: typeof Jose, token: string): unknown {
  try {
    return jose.decodeJwt(token).iss
  } catch {
    throw tokenRefusal('TOKEN_INVALID', 'The token is not a well-formed signed JWT.')
  }
}

/**
 * If there are several issuers, the refusal does not name them: a caller who has a token of none of them need not know
 * them.
 */
function foreignIssuer(issuers: readonly IssuerOptions[]): Error {
  const [first] = issuers
  const expected =
    issuers.length === 1 && first !== undefined
      ? `expected is ${first.issuer}`
      : 'it is none of those that are accepted here'
  return tokenRefusal('TOKEN_INVALID', `The token is from another issuer; ${expected}.`)
}
