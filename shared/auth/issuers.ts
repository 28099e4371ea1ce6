import { TrickleError } from '../errors/index.ts'
import type { Role } from './identity.ts'
import { isTrustworthyUrl } from './issuer-url.ts'

/** One issuer whose tokens are believed, and what they may say. */
export interface IssuerOptions {
  /**
   * The `iss` that tokens carry, compared as it is. With `{tid}` as a part of its path it stands for every directory of
   * a multi-tenant Entra application: the tokens of each directory carry its id there and in the claim `tid`.
   */
  readonly issuer: string
  /** The `aud` that tokens must carry, alone or among others. */
  readonly audience: string
  /** Where the issuer publishes its keys; absent: found by OpenID Connect discovery. */
  readonly jwksUrl?: string | undefined
  /** The claim that names the tenant. */
  readonly tenantClaim: string
  /** What that claim holds. */
  readonly tenantKey: 'any' | 'id' | 'slug' | 'externalId'
  /** The claim that lists the roles, as an array or separated by spaces. */
  readonly rolesClaim: string
  /** The roles that this issuer may grant; others in its tokens do not count. */
  readonly roles: readonly Role[]
  /** A role that is named here counts only in tokens of these applications (`azp`, `appid` or `client_id`). */
  readonly applications: Readonly<Partial<Record<Role, readonly string[]>>>
}

/** An issuer as a token's `iss` named it. */
export interface FoundIssuer {
  readonly options: IssuerOptions
  /** What stands at `{tid}`; null for an issuer without it. */
  readonly directoryId: string | null
}

const DIRECTORY = '{tid}'
/** As Entra ID writes the id of a directory into `iss` and `tid`. */
const DIRECTORY_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/**
 * `{tid}` must be a whole part of the path. In a host name or beside other text it could also match a URL of somebody
 * else.
 */
const DIRECTORY_PATTERN = /^https?:\/\/[^/{}?#]+(\/[^/{}?#]+)*\/\{tid\}(\/[^{}?#]*)?$/

/** True where an issuer stands for many directories. */
export const standsForDirectories = (issuer: string): boolean => issuer.includes(DIRECTORY)

/** Where the documents of an issuer are, and whom the discovery document names as its issuer. */
export function documentsOf(issuer: string): { readonly base: string; readonly claimedIssuer: string } {
  if (!standsForDirectories(issuer)) return { base: issuer, claimedIssuer: issuer }
  // Entra publishes the documents of all directories at `common`, and writes `{tenantid}` where the id of a directory
  // is.
  return {
    base: issuer.replace(DIRECTORY, 'common'),
    claimedIssuer: issuer.replace(DIRECTORY, '{tenantid}'),
  }
}

/**
 * Finds the issuer that an `iss` names: one that is named exactly comes before one that stands for many directories.
 * @throws TrickleError CONFIGURATION_INVALID where issuers contradict each other, or may not be trusted
 */
export function createIssuerList(
  issuers: readonly IssuerOptions[],
  allowInsecure: boolean,
): (iss: unknown) => FoundIssuer | undefined {
  const mistake = issuers.map((options) => mistakeOf(options, allowInsecure)).find((found) => found !== null)
  if (mistake !== undefined) throw invalid(mistake)
  const names = issuers.map(({ issuer }) => issuer)
  if (new Set(names).size < names.length) throw invalid('A token issuer is configured twice.')
  const exact = new Map(
    issuers
      .filter(({ issuer }) => !standsForDirectories(issuer))
      .map((options) => [options.issuer, { options, directoryId: null }]),
  )
  const patterns = issuers.filter(({ issuer }) => standsForDirectories(issuer))
  return (iss) => {
    if (typeof iss !== 'string') return undefined
    return exact.get(iss) ?? patterns.map((options) => matchDirectory(options, iss)).find(Boolean)
  }
}

function matchDirectory(options: IssuerOptions, iss: string): FoundIssuer | undefined {
  const [before = '', after = ''] = options.issuer.split(DIRECTORY)
  if (!iss.startsWith(before) || !iss.endsWith(after)) return undefined
  const directoryId = iss.slice(before.length, iss.length - after.length)
  return DIRECTORY_ID.test(directoryId) ? { options, directoryId } : undefined
}

/** What is wrong with an issuer's settings, without its values; null where nothing is. */
export function mistakeOf(
  { issuer, jwksUrl, tenantClaim, tenantKey, roles }: IssuerOptions,
  allowInsecure: boolean,
): string | null {
  const urls = jwksUrl === undefined ? [issuer] : [issuer, jwksUrl]
  if (!urls.every((url) => isTrustworthyUrl(url, allowInsecure))) {
    return 'The token issuer and its key URL must be https and not a loopback address, except in a local run.'
  }
  if (!/[{}]/.test(issuer)) return null
  if (!DIRECTORY_PATTERN.test(issuer)) {
    return 'A token issuer may hold {tid} once, as a whole part of its path, and no other braces.'
  }
  if (tenantClaim !== 'tid' || tenantKey !== 'externalId') {
    // Anything else in such a token is written by the administrators of the directory, who could name another tenant.
    return 'A token issuer with {tid} names its tenant by the directory: tenantClaim must be "tid", tenantKey "externalId".'
  }
  if (roles.includes('operator') || roles.includes('service')) {
    // The administrators of each directory give the roles of the application to whom they like.
    return 'A token issuer with {tid} may not grant the roles operator and service: every directory could give them to itself.'
  }
  return null
}

const invalid = (detail: string): TrickleError => new TrickleError('CONFIGURATION_INVALID', detail)
