import type { IssuerOptions } from './issuers.ts'
import { tokenRefusal } from './refusal.ts'

export const ROLES = ['reader', 'writer', 'admin', 'operator', 'service'] as const
export type Role = (typeof ROLES)[number]

/** Who calls, as the token says it. */
export interface Identity {
  /** `iss`. A subject is unique only at its issuer: the same subject at two issuers is two callers. */
  readonly issuer: string
  /** `sub`: stable name of the caller at the issuer. */
  readonly subject: string
  /** The application that asked for the token (`azp`, `appid` or `client_id`); null where the token names none. */
  readonly application: string | null
  /** Known roles that the issuer and the application may grant. */
  readonly roles: ReadonlySet<Role>
  /** Known roles that the token names and that do not count, each with the reason. */
  readonly withheld: ReadonlyMap<Role, string>
  /** What the token's tenant claim holds; null for operators, for services and for tokens without one. */
  readonly tenantClaim: string | null
  /** What kind of name `tenantClaim` is. */
  readonly tenantKey: IssuerOptions['tenantKey']
  /** `exp` in milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/** True for a role that Trickle knows. */
export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value)
}

/** The longest claim that is accepted as a name: names are stored with events and in the audit trail. */
const CLAIM_CHARACTERS_MAX = 255
/** U+0000 could not be stored, line breaks would forge log lines. */
const CONTROL_CHARACTER = /\p{Cc}/u

/** Claims that name the application that asked for the token: Entra's two (v2, v1), then that of RFC 9068. */
const APPLICATION_CLAIMS = ['azp', 'appid', 'client_id']

type Claims = Readonly<Record<string, unknown>>

/**
 * Reads the identity from verified claims.
 * @throws TrickleError TOKEN_INVALID where a claim has a wrong form, or where claims contradict each other.
 */
export function readIdentity(claims: Claims, issuer: IssuerOptions): Identity {
  const subject = readName(claims, 'sub')
  if (subject === null) throw tokenRefusal('TOKEN_INVALID', 'The token lacks a proper claim "sub".')
  const application = APPLICATION_CLAIMS.map((name) => readName(claims, name)).find(isPresent) ?? null
  const tenantClaim = readName(claims, issuer.tenantClaim)
  const { granted, withheld } = judgeRoles(
    readRoles(readClaim(claims, issuer.rolesClaim)),
    issuer,
    application,
  )
  refuseContradiction(granted, tenantClaim, issuer.tenantClaim)
  return Object.freeze({
    issuer: String(claims['iss']),
    subject,
    application,
    roles: granted,
    withheld,
    tenantClaim,
    tenantKey: issuer.tenantKey,
    expiresAtMs: Number(claims['exp']) * 1000,
  })
}

/** The claim as a name in the log line of a refused token; null if the claim does not have the form of a name. */
export function nameOrNull(claims: Claims, name: string): string | null {
  const value = readClaim(claims, name)
  return isName(value) ? value : null
}

function judgeRoles(
  named: ReadonlySet<Role>,
  issuer: IssuerOptions,
  application: string | null,
): { granted: ReadonlySet<Role>; withheld: ReadonlyMap<Role, string> } {
  const withheld = new Map<Role, string>()
  for (const role of named) {
    const applications = issuer.applications[role]
    if (!issuer.roles.includes(role)) withheld.set(role, `its issuer may not grant the role ${role}`)
    else if (applications !== undefined && (application === null || !applications.includes(application)))
      withheld.set(role, `its application may not have the role ${role}`)
  }
  if (named.has('service') && !withheld.has('service') && named.has('admin'))
    withheld.set('admin', 'a service can have the roles reader and writer only')
  return { granted: new Set([...named].filter((role) => !withheld.has(role))), withheld }
}

/** An operator and a service act for no tenant of their own, so a token that also names a tenant contradicts itself. */
function refuseContradiction(
  granted: ReadonlySet<Role>,
  tenantClaim: string | null,
  claimName: string,
): void {
  if (granted.has('operator') && granted.has('service')) {
    throw tokenRefusal(
      'TOKEN_INVALID',
      'The token has the roles operator and service. Use an application for each.',
    )
  }
  if (tenantClaim === null) return
  if (granted.has('operator')) {
    throw tokenRefusal(
      'TOKEN_INVALID',
      `The token has the role operator and names a tenant ("${claimName}"). An operator acts for no tenant: use one token for each.`,
    )
  }
  if (granted.has('service')) {
    throw tokenRefusal(
      'TOKEN_INVALID',
      `The token has the role service and names a tenant ("${claimName}"). A service names the tenant of each request in the header Trickle-Tenant: leave the claim out of its tokens.`,
    )
  }
}

/** Only own members count: a claim may be configured as "constructor", which every object inherits. */
function readClaim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

function readName(claims: Claims, name: string): string | null {
  const value = readClaim(claims, name)
  if (value === undefined || value === null) return null
  if (isName(value)) return value
  throw tokenRefusal(
    'TOKEN_INVALID',
    `The claim "${name}" of the token must be a string of 1 to ${CLAIM_CHARACTERS_MAX} printable characters.`,
  )
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  value.length <= CLAIM_CHARACTERS_MAX &&
  value.isWellFormed() &&
  !CONTROL_CHARACTER.test(value)

const isPresent = (value: string | null): value is string => value !== null

/** An array (Entra ID app roles) or one string separated by spaces (OAuth scopes). */
function readRoles(value: unknown): ReadonlySet<Role> {
  const names: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  return new Set(names.filter(isRole))
}
