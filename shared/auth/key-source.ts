import type { CompactJWSHeaderParameters, CryptoKey, FlattenedJWSInput, RemoteJWKSet } from 'jose'
import { TrickleError } from '../errors/index.ts'
import { fetchJsonObject } from './fetch-json.ts'
import { isTrustworthyUrl } from './issuer-url.ts'
import { documentsOf, standsForDirectories } from './issuers.ts'
import type * as Jose from './jose.chunk.ts'

/** Keys older than this are fetched again in the background, so that a withdrawn key disappears. */
const REFRESH_AFTER_MS = 600_000
/**
 * Keys older than this are not believed until they have been fetched again. An hour outlasts a short outage of the
 * issuer. It is also about how long tokens live: a longer time would hardly help anybody but the thief of a withdrawn
 * key.
 */
const BELIEVED_FOR_MS = 3_600_000
/** An unknown key id makes us fetch at most this often: anybody can invent key ids. */
const UNKNOWN_KEY_COOLDOWN_MS = 30_000
/**
 * The next fetch is tried this long after a failed one. Otherwise requests would wait for one timeout after the other,
 * and would put load on an issuer that is in trouble.
 */
const FAILURE_COOLDOWN_MS = 5_000

export interface KeySourceOptions {
  readonly issuer: string
  readonly jwksUrl?: string | undefined
  readonly allowInsecure: boolean
}

/**
 * Finds the key that a token says it was signed with. Throws the library's error if there is no such key, and
 * ISSUER_UNAVAILABLE if the keys cannot be fetched.
 */
export type KeySource = (header: CompactJWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/** The keys that an issuer publishes (RFC 7517), found by OpenID Connect Discovery 1.0 where no URL is given. */
export function createKeySource(jose: typeof Jose, options: KeySourceOptions): KeySource {
  const fetchGated = createGatedFetch()
  let keys: RemoteJWKSet | undefined
  let fetchedAtMs = 0

  const fetchKeys = async (url: string): Promise<Response> => {
    const { text, json } = await fetchGated(url)
    if (!Array.isArray(json['keys'])) throw new Error(`${url} does not hold a JSON Web Key Set`)
    fetchedAtMs = Date.now()
    if (!standsForDirectories(options.issuer)) return new Response(text)
    return new Response(JSON.stringify({ keys: json['keys'].filter(signsForAllDirectories) }))
  }

  const findKeys = async (): Promise<RemoteJWKSet> => {
    const url = options.jwksUrl ?? (await discoverKeysUrl(options, fetchGated))
    // The library must not expire keys by itself: it would then fail tokens during an outage (BELIEVED_FOR_MS).
    keys ??= jose.createRemoteJWKSet(new URL(url), {
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: UNKNOWN_KEY_COOLDOWN_MS,
      [jose.customFetch]: fetchKeys,
    })
    return keys
  }

  return async (header, token) => {
    try {
      const current = keys ?? (await findKeys())
      const ageMs = Date.now() - fetchedAtMs
      if (ageMs > BELIEVED_FOR_MS) await current.reload()
      // A failure here is ignored. The request that finds the keys too old fetches them itself and reports the failure.
      else if (ageMs > REFRESH_AFTER_MS) current.reload().catch(() => undefined)
      return await current(header, token)
    } catch (error) {
      if (saysThatNoKeyFits(error)) throw error
      throw new TrickleError(
        'ISSUER_UNAVAILABLE',
        `The keys of the token issuer ${options.issuer} cannot be fetched at present, so the token cannot be checked.`,
        { cause: error },
      )
    }
  }
}

function createGatedFetch(): typeof fetchJsonObject {
  let closedUntilMs = 0
  return async (url) => {
    if (Date.now() < closedUntilMs) throw new Error(`${url} failed a moment ago and is not asked again yet`)
    try {
      return await fetchJsonObject(url)
    } catch (error) {
      closedUntilMs = Date.now() + FAILURE_COOLDOWN_MS
      throw error
    }
  }
}

async function discoverKeysUrl(
  options: KeySourceOptions,
  fetchJson: typeof fetchJsonObject,
): Promise<string> {
  const { base, claimedIssuer } = documentsOf(options.issuer)
  const url = `${base.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { json } = await fetchJson(url)
  if (json['issuer'] !== claimedIssuer) {
    throw new Error(`${url} speaks for another issuer; expected is exactly ${claimedIssuer}`)
  }
  const keysUrl = json['jwks_uri']
  if (typeof keysUrl !== 'string' || !isTrustworthyUrl(keysUrl, options.allowInsecure)) {
    throw new Error(`${url} names no jwks_uri that may be trusted (https, not a loopback address)`)
  }
  return keysUrl
}

/**
 * Among the keys for all directories, Entra ID publishes keys of single directories, such as that of personal accounts.
 * These keys carry a full issuer instead of a pattern with `{tenantid}`. They must not sign for another directory, so
 * they are left out.
 */
function signsForAllDirectories(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false
  if (!('issuer' in key)) return true
  return typeof key.issuer === 'string' && key.issuer.includes('{tenantid}')
}

const NO_KEY_FITS_CODES: readonly unknown[] = [
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JOSE_NOT_SUPPORTED',
]

function saysThatNoKeyFits(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_KEY_FITS_CODES.includes(error.code)
}
