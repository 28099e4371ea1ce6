import { isTrickleError, TrickleError } from '../../errors/index.ts'
import type { TenantContext, TenantDirectory } from '../../tenancy/index.ts'
import type { Delivery } from '../delivery.ts'

/** The tenants of the messages of one delivery. Each name is looked up once, however many messages have it. */
export class MessageTenants {
  readonly #queue: string
  readonly #directory: Pick<TenantDirectory, 'find'>
  readonly #boundTo: ReadonlySet<string>
  readonly #found = new Map<string, ReturnType<TenantDirectory['find']>>()

  /** @param boundTo ids and slugs of the tenants whose messages the queue takes; empty: of all */
  constructor(queue: string, directory: Pick<TenantDirectory, 'find'>, boundTo: ReadonlySet<string>) {
    this.#queue = queue
    this.#directory = directory
    this.#boundTo = boundTo
  }

  /** @throws TrickleError TENANT_UNKNOWN, DATABASE_ family. */
  async find(name: string): ReturnType<TenantDirectory['find']> {
    const finding = this.#found.get(name) ?? this.#directory.find(name)
    this.#found.set(name, finding)
    try {
      return await finding
    } catch (error) {
      if (!isTrickleError(error) || error.code !== 'TENANT_UNKNOWN') throw error
      throw new TrickleError(
        'TENANT_UNKNOWN',
        'The message names a tenant that does not exist here, or two. An operator can create it.',
      )
    }
  }

  /**
   * That the tenant may act, by this queue, and is the one that the property `tenant` of the message names, where it has
   * one.
   * @throws TrickleError TENANT_SUSPENDED, TENANT_CONTEXT_REFUSED, DATABASE_ family.
   */
  async assertMay(
    { tenant, status }: { readonly tenant: TenantContext; readonly status: 'active' | 'suspended' },
    { applicationProperties: { tenant: property } }: Pick<Delivery, 'applicationProperties'>,
  ): Promise<void> {
    if (property !== undefined && property !== null && !(await this.#isNameOf(tenant, property))) {
      throw new TrickleError(
        'TENANT_CONTEXT_REFUSED',
        'The application property "tenant" names another tenant than the body. Send it with the same one, or without.',
      )
    }
    const isTaken =
      this.#boundTo.size === 0 || this.#boundTo.has(tenant.tenantId) || this.#boundTo.has(tenant.slug)
    if (!isTaken) {
      throw new TrickleError(
        'TENANT_CONTEXT_REFUSED',
        `The queue ${this.#queue} takes messages of other tenants only. An operator can change its list of tenants.`,
      )
    }
    if (status === 'active') return
    throw new TrickleError('TENANT_SUSPENDED', 'The tenant is suspended. An operator can resume it.')
  }

  async #isNameOf(tenant: TenantContext, property: unknown): Promise<boolean> {
    if (typeof property !== 'string') return false
    if (property === tenant.tenantId || property === tenant.slug) return true
    return this.find(property).then(
      (named) => named.tenant.tenantId === tenant.tenantId,
      (error: unknown) => {
        if (isTrickleError(error) && error.code === 'TENANT_UNKNOWN') return false
        throw error
      },
    )
  }
}
