import { tokenRefusal } from './refusal.ts'

const roles = ['reader', 'writer', 'admin', 'operator'] as const
export type Role = (typeof roles)[number]

/** Who calls, as the token says it. */
export interface Identity {
  /** `sub`: stable name of the caller at the issuer. */
  readonly subject: string
  /** Known roles only; others in the token are ignored. */
  readonly roles: ReadonlySet<Role>
  /** What the token's tenant claim holds (id, slug or external id); null for operators and for tokens without one. */
  readonly tenantClaim: string | null
  /** `exp` in milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/** True for a role that Trickle knows. */
export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value)
}

/** Longer claims are no names: they are kept with events and in the audit trail. */
const MAX_CLAIM_CHARACTERS = 255
/** U+0000 could not be stored, line breaks would forge log lines. */
const CONTROL_CHARACTER = /\p{Cc}/u

export interface ClaimNames {
  readonly tenantClaim: string
  readonly rolesClaim: string
}

/**
 * Reads the identity from verified claims.
 * @throws TrickleError TOKEN_INVALID where a claim has a wrong form, or where an operator's token names a tenant.
 */
export function readIdentity(claims: Readonly<Record<string, unknown>>, names: ClaimNames): Identity {
  const subject = readName(claims, 'sub')
  if (subject === null) throw tokenRefusal('TOKEN_INVALID', 'The token lacks a proper claim "sub".')
  const expiresAtSeconds = claims['exp']
  if (typeof expiresAtSeconds !== 'number') {
    throw tokenRefusal('TOKEN_INVALID', 'The token lacks a proper claim "exp".')
  }
  const known = readRoles(readClaim(claims, names.rolesClaim))
  const tenantClaim = readName(claims, names.tenantClaim)
  if (known.has('operator') && tenantClaim !== null) {
    throw tokenRefusal(
      'TOKEN_INVALID',
      `The token has the role operator and names a tenant ("${names.tenantClaim}"). An operator acts for no tenant: use one token for each.`,
    )
  }
  return Object.freeze({ subject, roles: known, tenantClaim, expiresAtMs: expiresAtSeconds * 1000 })
}

/** Only own members count: a claim may be configured as "constructor". */
function readClaim(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

function readName(claims: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = readClaim(claims, name)
  if (value === undefined || value === null) return null
  const isName =
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_CLAIM_CHARACTERS &&
    value.isWellFormed() &&
    !CONTROL_CHARACTER.test(value)
  if (isName) return value
  throw tokenRefusal(
    'TOKEN_INVALID',
    `The claim "${name}" of the token must be a string of 1 to ${MAX_CLAIM_CHARACTERS} printable characters.`,
  )
}

/** An array (Entra ID app roles) or one string separated by spaces (OAuth scopes). */
function readRoles(value: unknown): ReadonlySet<Role> {
  const names: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  return new Set(names.filter(isRole))
}
