import type { MadeBy } from '../../shared/context/index.ts'
import { TenantRegistry } from '../../shared/tenancy/index.ts'
import type { Platform } from '../platform.ts'

export const tenantServices = (platform: Platform) => ({
  registry: () => new TenantRegistry(platform.databases.operator),
})

export type TenantServices = MadeBy<ReturnType<typeof tenantServices>>
