import { openClient, type Client, type ClientValues } from '../client.ts'
import { pathOf } from './locations.ts'

/** Where an import goes. */
export interface ImportTarget {
  /** For the lines. */
  readonly client: Client
  /** An operator's, that makes tenants; null where none shall be made. */
  readonly tenants: Client | null
  /** The same text for the same Trickle, also when the local run has changed its port. */
  readonly name: string
}

export interface TargetOptions extends ClientValues {
  readonly home: string
  /** All events go to this tenant; without, each names its own. */
  readonly tenant: string | null
  readonly createTenants: boolean
}

/**
 * The target of an import. For the local run tokens are made here: a writer's of the one tenant, or an operator's.
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
