import { z } from 'zod'
import { slugOf } from '../../shared/tenancy/index.ts'
import type { Client } from '../client.ts'
import type { Entry } from './entry.ts'
import { withRetries, type RetryPolicy } from './retry.ts'

/** As many as the server makes at a time. */
const tenantsOfOneRequest = 1000

const createdSchema = z.object({ created: z.int(), existing: z.int() })

/**
 * Makes the tenants that events name, before the events are sent; each slug is asked for once.
 * A slug that can be none is left out: the line that names it is rejected by the server, and the others go on.
 */
export class TenantCreator {
  readonly #client: Client
  readonly #policy: RetryPolicy
  readonly #known = new Set<string>()
  #created = 0

  constructor(client: Client, policy: RetryPolicy) {
    this.#client = client
    this.#policy = policy
  }

  get created(): number {
    return this.#created
  }

  /** @throws CommandFailure when the server refuses, or stays away too long */
  async ensure(slugs: Iterable<string>): Promise<void> {
    const missing = new Set<string>()
    for (const name of slugs) {
      const slug = slugOf(name)
      if (slug !== null && !this.#known.has(slug)) missing.add(slug)
    }
    const all = [...missing]
    for (let from = 0; from < all.length; from += tenantsOfOneRequest) {
      const some = all.slice(from, from + tenantsOfOneRequest)
      const json = { tenants: some.map((slug) => ({ slug })) }
      const { signal } = this.#policy
      const { created } = await withRetries(
        this.#policy,
        async () => await this.#client.json('/api/tenants/bulk', createdSchema, { json, signal }),
      )
      this.#created += created
      for (const slug of some) this.#known.add(slug)
    }
  }

  /** The same entries, with their tenants made. */
  async *before(blocks: AsyncIterable<Entry[]>): AsyncGenerator<Entry[]> {
    for await (const block of blocks) {
      const slugs = block.map(({ what }) => (what.kind === 'event' ? what.tenant : null))
      await this.ensure(slugs.filter((slug) => slug !== null))
      yield block
    }
  }
}
