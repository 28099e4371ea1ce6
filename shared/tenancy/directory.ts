import { TimedCache } from '../cache/index.ts'
import { TrickleError } from '../errors/index.ts'
import type { Database, QueryOptions } from '../postgres/index.ts'
import { findTenant } from './statements.ts'
import type { LookUpCompanion, TenantKey } from './statements.ts'
import { makeTenantContext } from './tenant-context.ts'
import type { TenantContext } from './tenant-context.ts'
import { canBeName } from './tenant-name.ts'

/**
 * A suspension must reach every instance within 5 s. The append asks the table itself, so this delay concerns only
 * reads.
 */
const CACHE_MS = 4_000

/** Entries of 200 bytes each: 2 MB at the most, for as many tenants as one instance serves in four seconds. */
const CACHE_ENTRIES_MAX = 10_000

interface Entry {
  readonly tenant: TenantContext
  readonly status: 'active' | 'suspended'
}

/** Finds the tenant that a token's claim means. */
export class TenantDirectory {
  readonly #database: Database
  readonly #key: TenantKey
  readonly #companion: LookUpCompanion | undefined
  readonly #entries = new TimedCache<Entry>(CACHE_ENTRIES_MAX)

  /** @param companion what a look-up also asks for when it is due. */
  constructor(database: Database, key: TenantKey, companion?: LookUpCompanion) {
    this.#database = database
    this.#key = key
    this.#companion = companion
  }

  /**
   * @param claim id, slug or external id, whichever the key of the directory says.
   * @throws TrickleError TENANT_UNKNOWN (also for a claim that names two tenants), TENANT_SUSPENDED, DATABASE_ family.
   */
  async resolve(
    claim: string,
    limits: Pick<QueryOptions, 'signal' | 'deadlineAtMs'> = {},
  ): Promise<TenantContext> {
    const { tenant, status } = await this.find(claim, limits)
    if (status === 'active') return tenant
    throw new TrickleError(
      'TENANT_SUSPENDED',
      `The tenant ${tenant.slug} is suspended. An operator can resume it.`,
    )
  }

  /**
   * A tenant whatever its status. Who lets a suspended one act breaks the rule that `resolve` keeps.
   * @throws TrickleError TENANT_UNKNOWN, DATABASE_ family, as `resolve`.
   */
  async find(
    claim: string,
    limits: Pick<QueryOptions, 'signal' | 'deadlineAtMs'> = {},
  ): Promise<{ readonly tenant: TenantContext; readonly status: 'active' | 'suspended' }> {
    return this.#entries.get(claim) ?? this.#load(claim, limits)
  }

  async #load(claim: string, limits: Pick<QueryOptions, 'signal' | 'deadlineAtMs'>): Promise<Entry> {
    // The age counts from the question: a change while the answer is on its way is not in the answer.
    const companion = this.#companion?.isDue() === true ? this.#companion : undefined
    const askedAtMs = performance.now()
    const rows = canBeName(claim)
      ? await this.#database.query(findTenant(claim, this.#key, companion), {
          ...limits,
          isRead: true,
          // The tenant is not known yet. Turns are taken by what the token claims.
          turn: claim,
        })
      : []
    const [row] = rows
    if (row !== undefined) companion?.learn(row.beside, askedAtMs)
    if (row === undefined) {
      throw new TrickleError(
        'TENANT_UNKNOWN',
        'The token names a tenant that does not exist here. An operator can create it.',
      )
    }
    if (rows.length > 1) {
      throw new TrickleError(
        'TENANT_UNKNOWN',
        'The token names two tenants, one by its slug and one by its external id. Set TRICKLE_AUTH_TENANT_KEY to say which is meant.',
      )
    }
    const { tenantId, slug, name, status } = row
    const entry = { tenant: makeTenantContext(tenantId, slug, name), status }
    this.#entries.set(claim, entry, askedAtMs + CACHE_MS)
    return entry
  }
}
