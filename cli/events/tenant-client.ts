import { FIRST_TENANT } from '../../local/run/project.ts'
import { givenToken, openClient } from '../client.ts'
import type { Client, ClientValues } from '../client.ts'

interface TenantSettings extends ClientValues {
  readonly home: string
  readonly tenant: string | undefined
  readonly role: 'reader' | 'writer'
}

/**
 * A client for the events of one tenant. The token that is made for the local run names the tenant, the first one if
 * none is told. A token that was given names its own; where a tenant is told too, each request names it in the header
 * Trickle-Tenant, which a token of a service needs.
 * @throws CommandFailure NOT_RUNNING, UsageError
 */
export function openTenantClient({ home, tenant, role, ...values }: TenantSettings): Client['send'] {
  const isGiven = givenToken(values) !== undefined
  const client = openClient({ ...values, home, tenant: tenant ?? FIRST_TENANT, roles: [role] })
  const named = isGiven && tenant !== undefined ? { 'trickle-tenant': tenant } : {}
  return async (path, request = {}) =>
    await client.send(path, { ...request, headers: { ...request.headers, ...named } })
}
