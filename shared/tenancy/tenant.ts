import { timestampOfText, type Row } from '../postgres/index.ts'

export interface Tenant {
  readonly id: string
  readonly slug: string
  readonly externalId: string | null
  readonly name: string
  readonly status: 'active' | 'suspended'
  /** RFC 3339, UTC, microseconds. */
  readonly createdAt: string
  readonly updatedAt: string
}

/** Lower-case letters, digits, dot, underscore and hyphen; what a token or a person writes is lower-cased first. */
export const SLUG_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** A slug in the form of a uuid could be mistaken for another tenant's id. */
export const UUID_PATTERN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function tenantOfRow(row: Row): Tenant {
  const [id, slug, externalId, name, status, createdAt, updatedAt] = row
  return {
    id: id ?? '',
    slug: slug ?? '',
    externalId: externalId ?? null,
    name: name ?? '',
    status: status === 'suspended' ? 'suspended' : 'active',
    createdAt: timestampOfText(createdAt ?? ''),
    updatedAt: timestampOfText(updatedAt ?? ''),
  }
}
