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
