import { randomUUID } from 'node:crypto'
import { TrickleError } from '../errors/index.ts'
import type { Database } from '../postgres/index.ts'
import { findTenant, insertTenants, selectTenants, selectTenantsBySlug, updateStatus } from './statements.ts'
import { makeTenantContext, type TenantContext } from './tenant-context.ts'
import { SLUG_PATTERN, tenantOfRow, UUID_PATTERN, type Tenant } from './tenant.ts'

export interface NewTenant {
  readonly slug: string
  readonly name?: string | undefined
  readonly externalId?: string | undefined
}

/** Tenants as an operator administers them. The database is that of the operator's login. */
export class TenantRegistry {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws TrickleError TENANT_EXISTS when slug or external id is taken. */
  async create(tenant: NewTenant): Promise<Tenant> {
    const [created] = await this.createMissing([tenant])
    if (created !== undefined) return created
    throw new TrickleError(
      'TENANT_EXISTS',
      `A tenant with the slug ${tenant.slug.toLowerCase()}${tenant.externalId === undefined ? '' : ' or that external id'} exists already.`,
    )
  }

  /** Creates those that are not there, in one statement, and returns them. */
  async createMissing(tenants: readonly NewTenant[]): Promise<Tenant[]> {
    const rows = tenants.map((tenant) => {
      const slug = tenant.slug.toLowerCase()
      if (!SLUG_PATTERN.test(slug) || UUID_PATTERN.test(slug)) throw invalidSlug(slug)
      return {
        tenantId: randomUUID(),
        slug,
        externalId: tenant.externalId ?? null,
        name: tenant.name ?? tenant.slug,
      }
    })
    const created = await this.#database.query(insertTenants(rows), { resolvesAmbiguity: false })
    return created.map(tenantOfRow)
  }

  /** A page ordered by slug, after `afterSlug` ('' for the first). */
  async list(afterSlug: string, limit: number): Promise<Tenant[]> {
    const rows = await this.#database.query(selectTenants(afterSlug, limit), { resolvesAmbiguity: true })
    return rows.map(tenantOfRow)
  }

  /** @throws TrickleError TENANT_NOT_FOUND. */
  async setStatus(reference: string, status: 'active' | 'suspended'): Promise<Tenant> {
    const tenantId = await this.#find(reference)
    const [row] = await this.#database.query(updateStatus(tenantId, status), { resolvesAmbiguity: true })
    if (row === undefined) throw notFound(reference)
    return tenantOfRow(row)
  }

  /** Contexts for an operator's import, by lower-case slug; what does not exist is left out. */
  async contextsBySlug(slugs: readonly string[]): Promise<Map<string, TenantContext>> {
    const rows = await this.#database.query(selectTenantsBySlug(slugs), { resolvesAmbiguity: true })
    return new Map(
      rows
        .map(tenantOfRow)
        .map((tenant) => [tenant.slug, makeTenantContext(tenant.id, tenant.slug, tenant.name)]),
    )
  }

  async #find(reference: string): Promise<string> {
    const [row, other] = await this.#database.query(findTenant(reference, 'any'), { resolvesAmbiguity: true })
    const tenantId = row?.[0]
    if (tenantId === undefined || tenantId === null || other !== undefined) throw notFound(reference)
    return tenantId
  }
}

const notFound = (reference: string): TrickleError =>
  new TrickleError(
    'TENANT_NOT_FOUND',
    `No tenant has the id, slug or external id "${reference.slice(0, 80)}".`,
  )

const invalidSlug = (slug: string): TrickleError =>
  new TrickleError(
    'VALIDATION_FAILED',
    `"${slug.slice(0, 80)}" can't be a slug: 1 to 63 of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit, and not in the form of a uuid.`,
    { errors: [{ pointer: '/slug', message: 'has a form that is not allowed' }] },
  )
