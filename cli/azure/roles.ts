/** The roles of the API. Their ids are fixed, so that a second run finds those of the first. */
export interface AppRole {
  readonly id: string
  readonly value: string
  readonly displayName: string
  readonly description: string
  readonly allowedMemberTypes: readonly ('User' | 'Application')[]
  readonly isEnabled: boolean
}

export type RoleName = 'reader' | 'writer' | 'admin' | 'operator' | 'service'

const ID_START = '5b1e1c35-0d5c-4a86-9d6c-0f1f3f6e2a0'

const role = (
  nth: number,
  value: RoleName,
  description: string,
  allowedMemberTypes: AppRole['allowedMemberTypes'],
): AppRole => ({
  id: `${ID_START}${nth}`,
  value,
  displayName: value,
  description,
  allowedMemberTypes,
  isEnabled: true,
})

const ANYBODY = ['User', 'Application'] as const
/** A user's token has a tenant, which a token with one of these roles must not have. */
const APPLICATIONS = ['Application'] as const

export const appRoles: readonly AppRole[] = [
  role(1, 'reader', 'Reads events', ANYBODY),
  role(2, 'writer', 'Appends events', ANYBODY),
  role(3, 'admin', 'Administers its tenant', ANYBODY),
  role(4, 'operator', 'Operates Trickle', APPLICATIONS),
  role(5, 'service', 'Acts for the tenant that a request names', APPLICATIONS),
]
