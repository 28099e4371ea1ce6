import { z } from 'zod'
import { slugOf } from '../../shared/tenancy/index.ts'
import { openClient } from '../client.ts'
import type { Client, ClientValues } from '../client.ts'
import type { Entry } from './entries.ts'
import { pathOf } from './progress.ts'
import { withRetries } from '../retry.ts'
import type { RetryPolicy } from '../retry.ts'

/** The Trickle that an import sends its events to. */
export interface ImportTarget {
  /** Sends the lines. */
  readonly client: Client
  /** The client of an operator, who creates tenants; null if none are to be created. */
  readonly tenants: Client | null
  /** The same text for the same Trickle, even if the local run has another port. */
  readonly name: string
}

export interface TargetOptions extends ClientValues {
  readonly home: string
  /** All events go to this tenant. Null: each event names its own. */
  readonly tenant: string | null
  readonly createTenants: boolean
}

/**
 * The target of an import. For the local run it makes tokens: one of a writer in the tenant, or one of an operator.
 * @throws CommandFailure NOT_RUNNING, UsageError
 */
export function targetOf({ home, tenant, createTenants, ...values }: TargetOptions): ImportTarget {
  const { url, token, insecure } = values
  const operator = openClient({ home, url, token, insecure, roles: ['operator'] })
  return {
    client:
      tenant === null ? operator : openClient({ home, url, token, insecure, tenant, roles: ['writer'] }),
    tenants: createTenants ? operator : null,
    name: url === undefined ? `home:${pathOf(home)}` : operator.url,
  }
}

/** The server creates at most this many in one request. */
const TENANTS_OF_ONE_REQUEST = 1000

const createdSchema = z.object({ created: z.int(), existing: z.int() })

/**
 * Creates the tenants that events name, before the events are sent. Each slug is sent once.
 * A name that can't be a slug is left out: the server rejects the line that names it, and the other lines are imported.
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

  /** @throws CommandFailure when the server refuses, or is unreachable for too long */
  async ensure(slugs: Iterable<string>): Promise<void> {
    const missing = new Set<string>()
    for (const name of slugs) {
      const slug = slugOf(name)
      if (slug !== null && !this.#known.has(slug)) missing.add(slug)
    }
    const all = [...missing]
    for (let from = 0; from < all.length; from += TENANTS_OF_ONE_REQUEST) {
      const some = all.slice(from, from + TENANTS_OF_ONE_REQUEST)
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

  /** The same entries. Before each block is returned, its tenants are created. */
  async *before(blocks: AsyncIterable<Entry[]>): AsyncGenerator<Entry[]> {
    for await (const block of blocks) {
      const slugs = block.map(({ what }) => (what.kind === 'event' ? what.tenant : null))
      await this.ensure(slugs.filter((slug) => slug !== null))
      yield block
    }
  }
}
