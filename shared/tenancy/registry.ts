import { recordAction } from '../audit/index.ts'
import type { OperatorAction } from '../audit/index.ts'
import { TrickleError } from '../errors/index.ts'
import type { Database, RunStatement } from '../postgres/index.ts'
import { PLATFORM_SCOPE, withReceipt } from '../receipts/index.ts'
import type { Received, ReceiptKey } from '../receipts/index.ts'
import { inBody, inList, refuseTaken, rowsOf } from './creation.ts'
import type { NewTenant } from './creation.ts'
import {
  createTenants,
  findTenant,
  selectTenant,
  selectTenants,
  selectTenantsBySlug,
  updateStatus,
} from './statements.ts'
import type { Creation, FoundTenant, TenantKey } from './statements.ts'
import { makeTenantContext } from './tenant-context.ts'
import type { TenantContext } from './tenant-context.ts'
import { canBeName } from './tenant-name.ts'
import { tenantOfRow } from './tenant.ts'
import type { Tenant } from './tenant.ts'

/**
 * Tenants as an operator administers them. The database is that of the operator's login. Work that is done for an
 * `OperatorAction` adds the action's row in the same transaction.
 */
export class TenantRegistry {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws TrickleError TENANT_EXISTS when one of its names is taken, VALIDATION_FAILED, IDEMPOTENCY_KEY_REUSED. */
  async create(
    tenant: NewTenant,
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<Tenant>> {
    const rows = rowsOf([tenant], inBody)
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 201,
      work: async (run) => {
        const [creation] = await creationsOf(run, rows, inBody)
        if (creation?.outcome !== 'created') throw exists(rows[0]?.slug ?? '')
        const [row] = await run(selectTenant(creation.tenantId))
        if (row === undefined) throw new Error('a tenant that was made is not there')
        const made = tenantOfRow(row)
        await recordAction(run, action, { tenantIds: [made.id], target: made.slug })
        return made
      },
    })
  }

  /**
   * Creates the tenants that do not exist, in one call, and leaves the others as they are.
   * @throws TrickleError TENANT_EXISTS when a name of one is another tenant's, VALIDATION_FAILED: then none is made.
   */
  async createMissing(
    tenants: readonly NewTenant[],
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<{ created: number; existing: number }>> {
    const rows = rowsOf(tenants, inList)
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 200,
      work: async (run) => {
        const creations = await creationsOf(run, rows, inList)
        const tenantIds = creations
          .filter(({ outcome }) => outcome === 'created')
          .map(({ tenantId }) => tenantId)
        await recordAction(run, action, {
          tenantIds,
          detail: `${tenantIds.length} of ${rows.length} created`,
        })
        return { created: tenantIds.length, existing: rows.length - tenantIds.length }
      },
    })
  }

  /** A page ordered by slug, after `afterSlug` ('' for the first). */
  async list(afterSlug: string, limit: number): Promise<Tenant[]> {
    const rows = await this.#database.query(selectTenants(afterSlug, limit), { isRead: true })
    return rows.map(tenantOfRow)
  }

  /**
   * Repeating it changes nothing.
   * @param reference a name of the tenant, of the kind that `by` says.
   * @throws TrickleError TENANT_NOT_FOUND, TENANT_AMBIGUOUS when it names two, IDEMPOTENCY_KEY_REUSED.
   */
  async setStatus(
    reference: string,
    status: 'active' | 'suspended',
    {
      by = 'any',
      idempotency = null,
      action,
    }: { by?: TenantKey; idempotency?: ReceiptKey | null; action?: OperatorAction } = {},
  ): Promise<Received<Tenant>> {
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 200,
      work: async (run) => {
        const matches = canBeName(reference) ? await run(findTenant(reference, by)) : []
        if (matches.length > 1) throw ambiguous(reference, matches)
        const [row] = await run(updateStatus(matches[0]?.tenantId ?? null, status))
        if (row === undefined) throw notFound(reference, by)
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

async function creationsOf(
  run: RunStatement,
  rows: ReturnType<typeof rowsOf>,
  pointerOf: typeof inBody,
): Promise<Creation[]> {
  const creations = await run(createTenants(rows))
  refuseTaken(rows, creations, pointerOf)
  return creations
}

const exists = (slug: string): TrickleError =>
  new TrickleError('TENANT_EXISTS', `A tenant with the slug ${slug} exists already.`, {
    errors: [{ pointer: '/slug', message: 'is the slug of a tenant' }],
  })

const kinds = { any: 'id, slug or external id', id: 'id', slug: 'slug', externalId: 'external id' } as const

const notFound = (reference: string, by: TenantKey): TrickleError =>
  new TrickleError('TENANT_NOT_FOUND', `No tenant has the ${kinds[by]} "${reference.slice(0, 80)}".`)

const ambiguous = (reference: string, matches: readonly FoundTenant[]): TrickleError =>
  new TrickleError(
    'TENANT_AMBIGUOUS',
    `"${reference.slice(0, 80)}" names two tenants: ${matches.map(({ tenantId, slug }) => `${slug} (${tenantId})`).join(' and ')}. Say what it is (by=id, slug or externalId), or name the tenant by its id.`,
  )
