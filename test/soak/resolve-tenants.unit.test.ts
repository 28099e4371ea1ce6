import { describe, expect, it } from 'vitest'
import { resolveTenants } from '../../soak/writers/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import type { TenantContext, TenantDirectory } from '../../shared/tenancy/index.ts'

/** Gives the failures first, one for each call, and then the tenants. */
function directoryFailing(...failures: Error[]): Pick<TenantDirectory, 'resolve'> {
  return {
    resolve: async (slug) => {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      return { tenantId: slug } as TenantContext
    },
  }
}

const killed = (): TrickleError => new TrickleError('DATABASE_UNAVAILABLE', 'No connection could be had.')

describe('the start of a writer', () => {
  it('goes on when the connections of its first statements are killed', async () => {
    const tenants = await resolveTenants(directoryFailing(killed(), killed(), killed()), ['soak-0', 'soak-1'])
    expect(tenants.map(({ tenantId }) => tenantId)).toEqual(['soak-0', 'soak-1'])
  })

  it('ends for a failure that does not pass', async () => {
    const unknown = new TrickleError('TENANT_UNKNOWN', 'There is no such tenant.')
    await expect(resolveTenants(directoryFailing(unknown), ['soak-0'])).rejects.toBe(unknown)
  })
})
