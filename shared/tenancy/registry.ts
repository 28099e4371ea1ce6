import { randomUUID } from 'node:crypto'
import { recordAction, type OperatorAction } from '../audit/index.ts'
import { TrickleError } from '../errors/index.ts'
import type { Database } from '../postgres/index.ts'
import { PLATFORM_SCOPE, withReceipt, type Received, type ReceiptKey } from '../receipts/index.ts'
import { findTenant, insertTenants, selectTenants, selectTenantsBySlug, updateStatus } from './statements.ts'
import { makeTenantContext, type TenantContext } from './tenant-context.ts'
import { SLUG_PATTERN, tenantOfRow, UUID_PATTERN, type Tenant } from './tenant.ts'

export interface NewTenant {
  readonly slug: string
  readonly name?: string | undefined
  readonly externalId?: string | undefined
}

/**
 * Tenants as an operator administers them. The database is that of the operator's login. What is done for an
 * `OperatorAction` leaves its row in the same transaction.
 */
export class TenantRegistry {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws TrickleError TENANT_EXISTS when slug or external id is taken, IDEMPOTENCY_KEY_REUSED. */
  async create(
    tenant: NewTenant,
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<Tenant>> {
    const rows = newRows([tenant])
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 201,
      work: async (run) => {
        const [created] = await run(insertTenants(rows))
        if (created !== undefined) {
          const made = tenantOfRow(created)
          await recordAction(run, action, { tenantIds: [made.id], target: made.slug })
          return made
        }
        const slug = tenant.slug.toLowerCase()
        throw new TrickleError(
          'TENANT_EXISTS',
          `A tenant with the slug ${slug}${tenant.externalId === undefined ? '' : ' or that external id'} exists already.`,
        )
      },
    })
  }

  /** Creates those that are not there, in one statement. */
  async createMissing(
    tenants: readonly NewTenant[],
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<{ created: number; existing: number }>> {
    const rows = newRows(tenants)
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 200,
      work: async (run) => {
        const created = await run(insertTenants(rows))
        const tenantIds = created.map((row) => tenantOfRow(row).id)
        await recordAction(run, action, { tenantIds, detail: `${created.length} of ${rows.length} created` })
        return { created: created.length, existing: rows.length - created.length }
      },
    })
  }

  /** A page ordered by slug, after `afterSlug` ('' for the first). */
  async list(afterSlug: string, limit: number): Promise<Tenant[]> {
    const rows = await this.#database.query(selectTenants(afterSlug, limit), { isRead: true })
    return rows.map(tenantOfRow)
  }

  /** Repeating it changes nothing. @throws TrickleError TENANT_NOT_FOUND, IDEMPOTENCY_KEY_REUSED. */
  async setStatus(
    reference: string,
    status: 'active' | 'suspended',
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<Tenant>> {
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 200,
      work: async (run) => {
        const [match, other] = await run(findTenant(reference, 'any'))
        const tenantId = match?.[0]
        if (tenantId === undefined || tenantId === null || other !== undefined) throw notFound(reference)
        const [row] = await run(updateStatus(tenantId, status))
        if (row === undefined) throw notFound(reference)
        const tenant = tenantOfRow(row)
        await recordAction(run, action, { tenantIds: [tenant.id], target: tenant.slug })
        return tenant
      },
    })
  }

  /** Contexts for an operator's import, by lower-case slug; what does not exist is left out. */
  async contextsBySlug(slugs: readonly string[]): Promise<Map<string, TenantContext>> {
    const rows = await this.#database.query(selectTenantsBySlug(slugs), { isRead: true })
    return new Map(
      rows
        .map(tenantOfRow)
        .map((tenant) => [tenant.slug, makeTenantContext(tenant.id, tenant.slug, tenant.name)]),
    )
  }
}

/** The rows to insert, each with an id of its own. @throws TrickleError VALIDATION_FAILED for a slug of another form. */
function newRows(tenants: readonly NewTenant[]) {
  return tenants.map((tenant) => {
    const slug = tenant.slug.toLowerCase()
    if (!SLUG_PATTERN.test(slug) || UUID_PATTERN.test(slug)) throw invalidSlug(slug)
    return {
      tenantId: randomUUID(),
      slug,
      externalId: tenant.externalId ?? null,
      name: tenant.name ?? tenant.slug,
    }
  })
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
